/**
 * Memory-mapped files for JavaScript in WebAssembly components: the same `mmap()` and `Mmap` as in Node, over the
 * component's import of `wasi-mmap:mmap/mapping`.
 *
 * There are two differences to Node. A file is a path below a directory that the host has granted, or a descriptor of
 * `wasi:filesystem`; there are no file descriptors of an operating system. And the bytes are in the memory of the host, so
 * `view()` and `subarray()` are `unsupported`: use `slice()`, `readInto()` and `at()`.
 *
 * @packageDocumentation
 */
import { getDirectories } from 'wasi:filesystem/preopens@0.2.12';
import { mmap as hostMmap, mmapPosix } from 'wasi-mmap:mmap/mapping@0.2.0';
import type { Descriptor } from '../../ts/bindings/interfaces/wasi-filesystem-types.js';
import { createMmap, type MmapFunction } from '../../ts/create-mmap.js';
import { openerBelow, type Open } from '../../ts/files.js';

export type { Descriptor };
export type { Bytes } from '../../ts/arguments.js';
export { MmapError, type ErrorCode } from '../../ts/errors.js';
export { OpenError } from '../../ts/files.js';
export type { Access, Advice } from '../../ts/backend.js';
export { Mmap } from '../../ts/mmap.js';
export { constants, type MmapOptions } from '../../ts/request.js';

/**
 * The file to map: a path (open during the call only), a descriptor (which may be dropped afterwards), or `null` for
 * zero-filled memory without a file.
 */
export type Source = string | Descriptor | null;

/**
 * Opens a file below a directory that the host has granted.
 *
 * @throws {OpenError} with the error-code of `wasi:filesystem`, such as `no-entry`
 */
export const open: Open<Descriptor> = openerBelow(getDirectories);

/**
 * Maps a file, or zero-filled memory.
 *
 * @throws {TypeError}, {MmapError} or {OpenError}, see {@link MmapFunction}
 */
export const mmap: MmapFunction<Descriptor> = createMmap({ mmap: hostMmap, mmapPosix }, open);
