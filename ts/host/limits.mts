/** Limits on what guests may take of the process. */
import { totalmem } from 'node:os';
import { createBudget } from '../node/native.js';

/** Limits on guests; see {@link setLimits}. */
export interface Limits {
  /**
   * The memory of this process without a file, in bytes, that the mappings of guests may take at one time. More is
   * `no-memory`. Default: 4 GiB, or half of the memory of the machine or container if that is less.
   *
   * A mapping without a file takes its length. A copy of a file takes the bytes stored in it, in whole pages and counted at
   * each store, but at most its length. Each mapping takes a 512th of its length for the page tables of the system.
   */
  readonly privateMemory?: number | undefined;
  /**
   * The number of bytes that one `find` or `rfind` may look at: if it has found nothing by then, it traps. Holes of a sparse
   * file count, though they take no time. Default: no limit.
   */
  readonly search?: number | undefined;
}

function defaultMemory(): number {
  const container = process.constrainedMemory?.() || Infinity;
  return Math.min(4 * 2 ** 30, Math.floor(Math.min(totalmem(), container) / 2));
}

let privateMemory = createBudget(defaultMemory());
let search = Infinity;

/** A limit as the addon takes it. */
function toBytes(name: string, value: unknown): bigint {
  if (value === Infinity) return 2n ** 64n - 1n;
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${name} must be a number of bytes, not ${value}`);
  return BigInt(value);
}

/**
 * Sets limits for all guests of this thread together. An absent or undefined limit stays as it is. `Infinity` is no limit.
 *
 * Call it before guests run: existing mappings count for the limit under which they were made.
 *
 * @throws {TypeError} a limit is not a number
 * @throws {RangeError} a limit is not a whole number of bytes from 0 to 2^53-1. Nothing is changed then
 */
export function setLimits(limits: Limits): void {
  const memory = limits.privateMemory === undefined ? undefined : toBytes('privateMemory', limits.privateMemory);
  if (limits.search !== undefined) {
    toBytes('search', limits.search);
    search = limits.search;
  }
  if (memory !== undefined) privateMemory = createBudget(memory);
}

/** The budget that new mappings are charged to. */
export const currentBudget = (): typeof privateMemory => privateMemory;

/** The limit of one search in bytes, or Infinity. */
export const longestSearch = (): number => search;
