/**
 * Memory-mapped files for JavaScript in WebAssembly components: the same `mmap()` and `Mmap` as in Node, over the
 * component's import of `wasi-mmap:mmap/mapping`.
 *
 * Two things are different here. A file is named by a path below a directory that the host has granted, or by a
 * descriptor of `wasi:filesystem`; there are no file descriptors of an operating system. And the bytes are in the
 * memory of the host, so that there are no views: take `slice()`, `readInto()` and `at()`.
 *
 * @packageDocumentation
 */
import { getDirectories } from 'wasi:filesystem/preopens@0.2.12';
import type { Descriptor } from 'wasi:filesystem/types@0.2.12';
import { mmap as hostMmap, mmapPosix } from 'wasi-mmap:mmap/mapping@0.2.0';
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
 * What to map: a path (opened for as long as the call takes), a descriptor (which may be dropped afterwards), or `null`
 * for zero-filled memory without a file.
 */
export type Source = string | Descriptor | null;

/**
 * Opens a file below a directory that the host has granted.
 *
 * @throws {OpenError}
 */
export const open: Open<Descriptor> = openerBelow(getDirectories);

/** Maps a file, or zero-filled memory. */
export const mmap: MmapFunction<Descriptor> = createMmap({ mmap: hostMmap, mmapPosix }, open);
