/** What guests may take of the process. */
import { totalmem } from 'node:os';
import { createBudget } from '../node/native.js';

/** What guests may take; see {@link setLimits}. */
export interface Limits {
  /**
   * The memory of this process, in bytes, that the mappings of guests take at one time and that no file holds. More is
   * `no-memory`.
   *
   * A mapping without a file takes its length; a copy of a file what is stored in it, in whole pages and each time that
   * it is stored, but at most its length; and every mapping a 512th of its length, for the page tables of the system.
   * By default it is 4 GiB, or half of the memory of the machine or container if that is less.
   */
  readonly privateMemory?: number | undefined;
  /**
   * How many bytes one `find` or `rfind` goes through: one that has found nothing by then is a trap. Holes of a sparse
   * file count, though they take no time. By default there is no limit.
   */
  readonly search?: number | undefined;
}

function defaultMemory(): number {
  const container = process.constrainedMemory?.() || Infinity;
  return Math.min(4 * 2 ** 30, Math.floor(Math.min(totalmem(), container) / 2));
}

let privateMemory = createBudget(defaultMemory());
let search = Infinity;

/** What the limit is, as the addon takes it. */
function toBytes(name: string, value: unknown): bigint {
  if (value === Infinity) return 2n ** 64n - 1n;
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, not ${typeof value}`);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${name} must be a number of bytes, not ${value}`);
  return BigInt(value);
}

/**
 * Limits what guests may take. Limits hold for all guests of this thread together; what is left out, or undefined, stays
 * as it is. `Infinity` is no limit.
 *
 * Call it before guests run: mappings that there are by then count for the limit that they were made under.
 *
 * @throws {TypeError} or {RangeError} what is not a number of bytes; nothing is changed then
 */
export function setLimits(limits: Limits): void {
  const memory = limits.privateMemory === undefined ? undefined : toBytes('privateMemory', limits.privateMemory);
  if (limits.search !== undefined) {
    toBytes('search', limits.search);
    search = limits.search;
  }
  if (memory !== undefined) privateMemory = createBudget(memory);
}

/** What new mappings are charged to. */
export const currentBudget = (): typeof privateMemory => privateMemory;

/** In bytes, or Infinity. */
export const longestSearch = (): number => search;
