import type { Bytes } from './arguments.js';
import type { OwnBytes } from './backend.js';

/** A class of arrays over memory that exists, such as `Buffer`. */
export interface BytesClass<T> {
  from(buffer: OwnBytes['buffer'], byteOffset: number, length: number): T;
}

/**
 * What an `Mmap` shares with an array of bytes, under the names of `Uint8Array`.
 *
 * Indices are numbers or bigints by the rules of `Uint8Array`: a fraction is cut, a negative index is relative to the end,
 * and an index outside the array means its nearest end.
 */
export interface ByteArrayLike extends Iterable<number> {
  /** The size of the mapping in bytes. */
  readonly length: number;

  /**
   * The byte at an index; undefined outside.
   *
   * @throws {MmapError} `fault`
   */
  at(index: number | bigint): number | undefined;

  /**
   * Stores bytes, or an array of numbers modulo 256. If they do not fit, it stores none.
   *
   * @param offset default 0; a whole number from 0 to 2^53-1
   * @throws {MmapError} `read-only`, `out-of-range`, `fault`, `no-memory` (private pages), `no-space` (over the polyfill)
   */
  set(source: Bytes | ArrayLike<number>, offset?: number | bigint): void;

  /**
   * Copies the bytes from `start` (default 0) to `end` (default: the end).
   *
   * @throws {MmapError} `fault`, `no-memory`
   */
  slice(start?: number | bigint, end?: number | bigint): OwnBytes;

  /**
   * The bytes from `start` (default 0) to `end` (default: the end) themselves, without a copy.
   *
   * With access `write`, a store into the view reaches the file. With `copy` and `read` it stays private, and with `read`
   * the mapping does not see it either. A page that the file no longer has reads as zeros. A view survives `close()` and
   * `resize()` until it is garbage, and wherever its memory moves. Each view has a buffer of its own: moving or detaching
   * one does not affect the others.
   *
   * The engine counts views as memory in use, and collects garbage when they exceed 64 MiB: keep one large view, or take
   * small ones.
   *
   * @throws {MmapError} `unsupported` (larger than `MAX_VIEW_LENGTH`, at most 4 GiB: take windows; and always in a guest, over
   *   the polyfill, and in an engine that takes no memory of others, as that of Electron), `no-memory`
   */
  view(start?: number | bigint, end?: number | bigint): OwnBytes;
  /**
   * The same bytes as an object of another class: `view(0, 10, Buffer)` has the methods of Node's `Buffer`. Throws as above.
   *
   * @param type a class with a static method `from(buffer, byteOffset, length)`, which this calls
   */
  view<T>(start: number | bigint | undefined, end: number | bigint | undefined, type: BytesClass<T>): T;

  /**
   * {@link view}, under TypedArray's name.
   *
   * @throws {MmapError} as {@link view}
   */
  subarray(start?: number | bigint, end?: number | bigint): OwnBytes;

  /**
   * The first position, at or after `from` (default 0), of a byte or of a run of bytes, or -1.
   *
   * @throws {MmapError} `fault`
   */
  indexOf(value: number | Bytes, from?: number | bigint): number;

  /**
   * The last position, at or before `from` (default: the end), where a byte or a run of bytes begins, or -1.
   *
   * @throws {MmapError} `fault`
   */
  lastIndexOf(value: number | Bytes, from?: number | bigint): number;

  /**
   * Whether a byte or a run of bytes begins at or after `from` (default 0).
   *
   * @throws {MmapError} `fault`
   */
  includes(value: number | Bytes, from?: number | bigint): boolean;

  /**
   * Sets the bytes from `start` (default 0) to `end` (default: the end) to a number modulo 256.
   *
   * @throws {MmapError} `read-only`, `fault`, `no-memory` (private pages), `no-space` (over the polyfill)
   */
  fill(value: number, start?: number | bigint, end?: number | bigint): this;

  /**
   * Copies the bytes from `start` to `end` (default: the end) to `target`, as far as they fit. The ranges may overlap.
   *
   * @throws {MmapError} `read-only`, `fault`, `no-memory` (private pages)
   */
  copyWithin(target: number | bigint, start: number | bigint, end?: number | bigint): this;

  /**
   * The bytes from the first to the last.
   *
   * @throws {MmapError} `fault`
   */
  [Symbol.iterator](): IterableIterator<number>;
}
