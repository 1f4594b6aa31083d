import type { Bytes } from './arguments.js';
import type { OwnBytes } from './backend.js';

/**
 * What an `Mmap` shares with a file: a cursor, and the names of Python's `mmap` in camelCase.
 *
 * Positions and lengths are whole numbers of bytes from 0 to 2^53-1, as numbers or bigints. A position is relative to the
 * start of the mapping.
 */
export interface FileLike {
  /**
   * The size of the *file* in bytes now; without a file, the size of the mapping.
   *
   * @throws {MmapError} `io`
   */
  size(): number;

  /**
   * Copies up to `length` bytes from the cursor on, and moves the cursor past them.
   *
   * @param length absent or negative: all bytes that follow
   * @throws {MmapError} `invalid-argument`, `fault`, `no-memory`
   */
  read(length?: number | bigint): OwnBytes;

  /**
   * Fills `target` from the cursor on, and moves the cursor past these bytes.
   *
   * @returns the number of bytes: less than the size of `target` only at the end
   * @throws {MmapError} `fault`
   */
  readInto(target: Uint8Array): number;

  /**
   * The byte at the cursor, which moves by one.
   *
   * @throws {MmapError} `out-of-range` (at the end), `fault`
   */
  readByte(): number;

  /**
   * Copies the bytes from the cursor through the next newline, or to the end, and moves the cursor past them. Empty at the
   * end.
   *
   * @throws {MmapError} `fault`, `no-memory`
   */
  readLine(): OwnBytes;

  /**
   * The lines from the cursor on, each with its newline.
   *
   * @throws {MmapError} as {@link readLine}
   */
  lines(): Generator<OwnBytes, void, undefined>;

  /**
   * Stores bytes at the cursor, and moves the cursor past them. If they do not fit, it stores none.
   *
   * @returns the number of bytes
   * @throws {MmapError} `read-only`, `out-of-range`, `fault`, `no-memory` (private pages), `no-space` (over the polyfill)
   */
  write(bytes: Bytes): number;

  /**
   * Stores a byte, a whole number from 0 to 255, at the cursor, and moves the cursor by one.
   *
   * @throws {MmapError} `invalid-argument`, and as {@link write}
   */
  writeByte(value: number): void;

  /**
   * Moves the cursor, to any position from 0 to the length of the mapping.
   *
   * @param whence what `offset` is relative to: 0 the start, 1 the cursor, 2 the end
   * @returns the new position
   * @throws {MmapError} `out-of-range`, `invalid-argument` (`whence`)
   */
  seek(offset: number | bigint, whence?: number): number;

  /** The position of the cursor. It can lie past the end after a {@link resize}. */
  tell(): number;

  /**
   * Returns when the stored bytes of a range are on the storage device. On `read` and `copy` it does nothing.
   *
   * @param offset default 0
   * @param length default: to the end
   * @throws {MmapError} `out-of-range`, `fault`, `no-space`, `io`
   */
  flush(offset?: number | bigint, length?: number | bigint): void;

  /**
   * Begins to hand the stored bytes of a range to the storage device, and does not wait: a later {@link flush} waits less.
   * `promises.flush()` waits without blocking the event loop.
   *
   * @param offset default 0
   * @param length default: to the end
   * @throws {MmapError} `out-of-range`, `fault`, `no-space`, `io`
   */
  startFlush(offset?: number | bigint, length?: number | bigint): void;

  /**
   * Sets the size of the mapping, and of its file, which then ends where the mapping ends. New bytes are zero, and have
   * disk blocks of their own. The cursor stays. Earlier views keep their size and their pages.
   *
   * @param length from 1 to 2^53-1
   * @throws {MmapError} `not-resizable` (the access is not `write`), `invalid-argument` (0), `no-space`, `no-memory`,
   *   `busy` (on Windows, if the file gets shorter while another mapping or a view of it exists), `io`. Then the mapping has its old size
   */
  resize(length: number | bigint): void;

  /**
   * Copies `count` bytes inside the mapping. The ranges may overlap.
   *
   * @throws {MmapError} `read-only`, `out-of-range`, `fault`, `no-memory` (private pages)
   */
  move(destination: number | bigint, source: number | bigint, count: number | bigint): void;

  /**
   * The first position of the needle in a range, or -1. An empty needle is found at the start.
   *
   * @param start default: the cursor; negative: relative to the end
   * @param end default: the end; negative: relative to the end
   * @throws {MmapError} `fault`, `no-memory` (in a guest and over the polyfill: a needle of more than 16 MiB takes four times its
   *   length)
   */
  find(needle: Bytes, start?: number | bigint, end?: number | bigint): number;

  /**
   * The last position of the needle in a range, or -1. An empty needle is found at the end.
   *
   * @param start default: the cursor; negative: relative to the end
   * @param end default: the end; negative: relative to the end
   * @throws {MmapError} `fault`, `no-memory` (as {@link find})
   */
  rfind(needle: Bytes, start?: number | bigint, end?: number | bigint): number;
}
