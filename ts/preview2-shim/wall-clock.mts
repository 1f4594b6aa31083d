/**
 * The wall clock, for preview2-shim in Node.
 *
 * Faults: the shim's own lowering of `now` and `resolution` (`cabiLower`, which jco uses for `--import-bindings hybrid`)
 * takes the address of the result for an index, and stores the time elsewhere in the guest's memory. `now` asks for the time
 * twice, so that it is a second wrong if one ends in between.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("the wall clock ...").
 */
const MILLISECOND = 1e6;

/** `wasi:clocks/wall-clock` without a lowering: jco lowers plain functions itself. */
export const wallClock = {
  now() {
    const time = Date.now();
    return { seconds: BigInt(Math.floor(time / 1000)), nanoseconds: (time % 1000) * MILLISECOND };
  },
  resolution: () => ({ seconds: 0n, nanoseconds: MILLISECOND }),
};
