/**
 * Memory-mapped files with one `access` keyword, `read`, `write` or `copy`.
 *
 * @packageDocumentation
 */
export type { Bytes } from './arguments.js';
export { MmapError, type ErrorCode } from './errors.js';
export type { Access, Advice } from './backend.js';
export { Mmap } from './mmap.js';
export type { MmapPromises } from './mmap-promises.js';
export { AbortError, type AbortSignalLike, type AsyncOptions } from './abort.js';
export { mmap, type Source } from './node/open.js';
export { constants, type MmapOptions } from './request.js';
export { ALLOCATIONGRANULARITY, MAX_VIEW_LENGTH, PAGESIZE } from './node/native.js';
