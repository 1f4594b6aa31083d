/**
 * What stands below {@link Mmap}: the contract's resource, with numbers for its u64. The native addon implements it in
 * Node; a guest's import and the polyfill can do so too.
 */
import type * as Contract from './contract/interfaces/wasi-mmap-mmap-mapping.js';

export type Access = Contract.Access;
export type Advice = Contract.Advice;

/** In the contract's order. */
export const ADVICES: readonly Advice[] = ['normal', 'random', 'sequential', 'will-need', 'dont-need'];

/** The number of an advice in the contract's order, or -1 for what is none. */
export function adviceNumber(advice: string): number {
  let number = ADVICES.length - 1;
  while (number >= 0 && ADVICES[number] !== advice) number -= 1;
  return number;
}

type Numbered<T> = T extends bigint ? number : T;
type NumberedFunction<F> = F extends (...args: infer A) => infer R
  ? (...args: { [K in keyof A]: Numbered<A[K]> }) => Numbered<R>
  : never;

/** The operations of the contract. A change of `wit/mmap.wit` changes this type, and what does not follow it does not compile. */
type Operations = { [K in keyof Contract.Mapping]: NumberedFunction<Contract.Mapping[K]> };

export interface Floor extends Operations {
  /** Unmaps. The object is not used afterwards. */
  close(): void;
  /** Like `read`, into memory that the caller has; fills all of it. */
  readInto(offset: number, target: Uint8Array): void;
  /** Bytes that anybody may keep, store into and give away; zero-copy, in a buffer of their own. */
  view(offset: number, length: number): Uint8Array;
  /** Memory that {@link Mmap} touches itself; absent where every access is a call. */
  readonly shared?: SharedMemory;
}

/**
 * Mapped pages within reach of JavaScript. Whoever touches them must look at the faults, before and after, and give them
 * to nobody: not as an argument or receiver of anything but the functions of `intrinsics.ts`.
 */
export interface SharedMemory {
  /** Counts lost pages that anything in the process ran into: one element that others change. */
  readonly faultCount: Uint32Array;
  /**
   * All bytes of the mapping, or undefined if they cannot be had in one array. Valid until `close` or `resize`. The engine
   * takes them for memory that they fill, and collects garbage for it: they are for many accesses.
   */
  bytes(): Uint8Array | undefined;
  /** The byte at a position inside, with a call. */
  byteAt(position: number): number;
  /** Whether no page of the mapping is lost. */
  clean(): boolean;
  /** Throws `fault` if a page of the range is lost. */
  check(offset: number, length: number): void;
}
