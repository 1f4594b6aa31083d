/**
 * The monotonic clock, for preview2-shim in Node.
 *
 * Fault: a pollable for a time in more than 2^31 milliseconds looks at the clock a thousand times a second, and prints a
 * warning each time, because the timers of JavaScript end there.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("a long wait warns").
 */
import { clocks } from '@bytecodealliance/preview2-shim';

/** The longest wait, of 24 days, in nanoseconds. */
const LONGEST = BigInt(24 * 24 * 60 * 60) * 1_000_000_000n;

const { monotonicClock: shim } = clocks;

/** `wasi:clocks/monotonic-clock`. A longer wait than 24 days ends after them. */
export const monotonicClock = {
  ...shim,
  subscribeDuration: (duration: bigint) => shim.subscribeDuration(duration < LONGEST ? duration : LONGEST),
  subscribeInstant(instant: bigint) {
    const left = instant - shim.now();
    return left < LONGEST ? shim.subscribeInstant(instant) : shim.subscribeDuration(LONGEST);
  },
};
