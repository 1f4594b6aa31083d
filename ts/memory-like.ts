import type { Advice } from './backend.js';

/**
 * What an `Mmap` shares with memory that a system pages: how it is used, and whether it waits for the disk.
 *
 * A range is an offset from the start of the mapping (default 0) and a length (default: to the end), whole numbers of bytes
 * as numbers or bigints. Systems decide for whole pages.
 */
export interface MemoryLike {
  /**
   * Announces how a range will be used. It changes speed, never what is read or stored.
   *
   * @throws {MmapError} `invalid-argument` (unknown advice), `out-of-range`, `no-memory`, `io`
   */
  advise(advice: Advice, offset?: number | bigint, length?: number | bigint): void;

  /**
   * Returns when the bytes of a range are in memory, so that accesses that follow soon need not wait for the disk.
   * `promises.populate()` does not block the event loop.
   *
   * @throws {MmapError} `out-of-range`, `fault`, `no-memory`, `io`
   */
  populate(offset?: number | bigint, length?: number | bigint): void;

  /**
   * The number of bytes of a range that are in memory now. A system that keeps the answer secret says that all are: Linux,
   * for a file that the process may not write and does not own.
   *
   * @throws {MmapError} `unsupported` (Windows; the polyfill), `out-of-range`, `fault`, `no-memory`
   */
  resident(offset?: number | bigint, length?: number | bigint): number;

  /**
   * Loads the whole mapping, and keeps it in memory until {@link munlock}, `resize()` or `close()`. A second call does
   * nothing.
   *
   * @throws {MmapError} `no-memory` (more than the process may lock: `ulimit -l`), `access-denied` (it may lock nothing),
   *   `fault`, `unsupported` (the polyfill)
   */
  mlock(): void;

  /**
   * Ends {@link mlock}. Does nothing on a mapping that is not locked.
   *
   * @throws {MmapError} `io`, `unsupported` (the polyfill)
   */
  munlock(): void;
}
