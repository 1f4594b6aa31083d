/**
 * The backend of {@link Mmap}: the contract's resource, with numbers for its u64. The native addon is one in Node; the
 * contract's bindings are one in a guest and over the polyfill.
 */
import type * as Bindings from './bindings/interfaces/wasi-mmap-mmap-mapping.js';

export type Access = Bindings.Access;
export type Advice = Bindings.Advice;
export type Protection = Bindings.Protection;
export type Sharing = Bindings.Sharing;

/** In the contract's order. */
export const ADVICES: readonly Advice[] = ['normal', 'random', 'sequential', 'will-need', 'dont-need'];

/** The number of an advice in the contract's order, or -1 for any other string. */
export function adviceNumber(advice: string): number {
  let number = ADVICES.length - 1;
  while (number >= 0 && ADVICES[number] !== advice) number -= 1;
  return number;
}

type Numbered<T> = T extends bigint ? number : T;
type NumberedFunction<F> = F extends (...args: infer A) => infer R
  ? (...args: { [K in keyof A]: Numbered<A[K]> }) => Numbered<R>
  : never;

/** The operations of the contract. After a change of `wit/mmap.wit`, a backend without that change does not compile. */
type Operations = { [K in keyof Bindings.Mapping]: NumberedFunction<Bindings.Mapping[K]> };

/**
 * Bytes that the platform's functions take, such as those of Blob, fetch and WebAssembly: never shared memory. From
 * TypeScript 5.7 on it is `Uint8Array<ArrayBuffer>`, before that there is no such distinction.
 */
export type OwnBytes = ReturnType<typeof Uint8Array.of>;

/** A mapping, as {@link Mmap} uses it. */
export interface Backend extends Operations {
  /** Unmaps. The object is not used afterwards. */
  close(): void;
  /** Like `read`, but fills memory of the caller. */
  readInto(offset: number, target: Uint8Array): void;
  /** Bytes that any code may keep, change and pass on: without a copy, in a buffer of their own. */
  view(offset: number, length: number): OwnBytes;
  /** The operations that may wait for the disk, on other threads; absent where there are none. */
  readonly background?: Background;
  /** Memory that {@link Mmap} accesses itself; absent where every access is a call. */
  readonly shared?: SharedMemory;
}

/** An operation on another thread. */
export interface Started<T> {
  readonly promise: Promise<T>;
  /** Ends the operation early, if it can. The promise settles all the same, with anything. */
  stop(): void;
}

/** Operations of a backend on other threads. While a resize runs, every other operation is `busy`. */
export interface Background {
  read(offset: number, length: number): Started<OwnBytes>;
  find(needle: Uint8Array, start: number, end: number): Started<number | undefined>;
  rfind(needle: Uint8Array, start: number, end: number): Started<number | undefined>;
  flush(offset: number, length: number): Started<void>;
  populate(offset: number, length: number): Started<void>;
  resize(length: number): Started<void>;
}

/**
 * Mapped pages that JavaScript can access. Its user must look at the fault count before and after each access. It must not
 * pass the bytes on: only the functions of `intrinsics.ts` may get them as an argument or receiver.
 */
export interface SharedMemory {
  /** Counts the lost pages that any code in the process accessed: one element, which other code changes. */
  readonly faultCount: Uint32Array;
  /**
   * All bytes of the mapping, or undefined if they do not fit into one array. Valid until `close` or `resize`. The engine
   * counts them as memory in use, and collects garbage because of it: they only pay for many accesses.
   */
  bytes(): Uint8Array | undefined;
  /** The byte at a position inside the mapping, by a call. */
  byteAt(position: number): number;
  /** Whether the mapping has no lost page. */
  clean(): boolean;
  /** Throws `fault` if the range has a lost page. */
  check(offset: number, length: number): void;
}
