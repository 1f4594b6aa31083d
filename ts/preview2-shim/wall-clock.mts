/**
 * The wall clock, for preview2-shim in Node.
 *
 * Fault: the shim's own lowering of `now` and `resolution` (`cabiLower`, which jco uses for `--import-bindings hybrid`)
 * takes the address of the result for an index, and stores the time elsewhere in the guest's memory.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("the wall clock stores the time at a wrong address").
 */
import { clocks } from '@bytecodealliance/preview2-shim';

/** `wasi:clocks/wall-clock` without a lowering: jco lowers plain functions itself. */
export const wallClock = {
  now: () => clocks.wallClock.now(),
  resolution: () => clocks.wallClock.resolution(),
};
