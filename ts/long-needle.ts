/**
 * Search for needles that are longer than a list may be, in linear time: the program compares what it reads, as Knuth,
 * Morris and Pratt do (https://doi.org/10.1137/0206024). A search backward is one forward of which all bytes come in
 * reverse order.
 */
import { MmapError } from './errors.js';
import { lengthOf, min } from './intrinsics.js';

/** The bytes that are read at a time. */
const WINDOW = 2 ** 20;

/** A byte of an array, counted in the direction of the search. */
type ByteAt = (bytes: Uint8Array, index: number, length: number) => number;
const forward: ByteAt = (bytes, index) => bytes[index] as number;
const backward: ByteAt = (bytes, index, length) => bytes[length - 1 - index] as number;

/** Of each start of the needle, the length of the longest shorter one that ends it. */
function bordersOf(needle: Uint8Array, length: number, byteAt: ByteAt): Uint32Array {
  let borders;
  try {
    borders = new Uint32Array(length);
  } catch {
    throw new MmapError('no-memory', `a search for ${length} bytes takes four times as many`);
  }
  for (let at = 1, matched = 0; at < length; at += 1) {
    const byte = byteAt(needle, at, length);
    while (matched > 0 && byteAt(needle, matched, length) !== byte) matched = borders[matched - 1] as number;
    if (byteAt(needle, matched, length) === byte) matched += 1;
    borders[at] = matched;
  }
  return borders;
}

/**
 * Finds the first place of a needle in `start..end`, or the last one.
 *
 * @param read reads bytes, and throws `fault` if one of them is lost
 */
export function findLong(
  read: (offset: number, length: number) => Uint8Array,
  needle: Uint8Array,
  start: number,
  end: number,
  isBackward: boolean,
): number | undefined {
  const length = lengthOf(needle);
  const byteAt = isBackward ? backward : forward;
  const borders = bordersOf(needle, length, byteAt);
  let step = WINDOW;
  let matched = 0;
  // As far as the needle can lie there.
  for (let passed = 0; end - start - passed >= length - matched;) {
    const count = min(step, end - start - passed);
    let window;
    try {
      window = read(isBackward ? end - passed - count : start + passed, count);
    } catch (error) {
      // Bytes before the lost page may complete the needle.
      if (step === 1 || (error as MmapError | null)?.code !== 'fault') throw error;
      step /= 2;
      continue;
    }
    for (let i = 0; i < count; i += 1) {
      const byte = byteAt(window, i, count);
      while (matched > 0 && byteAt(needle, matched, length) !== byte) matched = borders[matched - 1] as number;
      if (byteAt(needle, matched, length) === byte) matched += 1;
      if (matched === length) return isBackward ? end - passed - i - 1 : start + passed + i + 1 - length;
    }
    passed += count;
  }
  return undefined;
}
