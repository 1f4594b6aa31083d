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
import { mmap as hostMmap, mmapPosix } from 'wasi-mmap:mmap/mapping@0.2.0';
import type { Access } from '../../ts/floor.js';
import type { Mmap } from '../../ts/mmap.js';
import { constants, needsWrite, parseArguments, toMmap, type MmapOptions, type Wanted } from '../../ts/request.js';
import { contractCall, ResourceFloor } from '../../ts/resource.js';
import { open, type Descriptor } from './files.js';

export type { Bytes } from '../../ts/arguments.js';
export { MmapError, type ErrorCode } from '../../ts/errors.js';
export type { Access, Advice } from '../../ts/floor.js';
export { Mmap } from '../../ts/mmap.js';
export { constants, type MmapOptions } from '../../ts/request.js';
export { open, OpenError, type Descriptor } from './files.js';

/**
 * What to map: a path (opened for as long as the call takes), a descriptor (which may be dropped afterwards), or `null`
 * for zero-filled memory without a file.
 */
export type Source = string | Descriptor | null;

const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');

function openFloor(file: Descriptor | undefined, { length, offset, request }: Wanted): ResourceFloor {
  const [size, start] = [BigInt(length), BigInt(offset)];
  return new ResourceFloor(
    contractCall(() => {
      if ('access' in request) return hostMmap(file, size, request.access, start);
      const { PROT_READ, PROT_WRITE, PROT_EXEC } = constants;
      const has = (bit: number): boolean => (request.protection & bit) !== 0;
      const protection = { read: has(PROT_READ), write: has(PROT_WRITE), execute: has(PROT_EXEC) };
      return mmapPosix(file, size, request.shared ? 'shared' : 'private', protection, start);
    }),
  );
}

/**
 * Maps a file, or zero-filled memory.
 *
 * @param file what to map
 * @param length bytes to map; 0 means to the end of the file
 * @param access `read`, `write` (the default) or `copy`: what may be done, and whether it reaches the file
 * @param offset where in the file to begin: any byte
 * @throws {TypeError} for an argument of a wrong type
 * @throws {MmapError} `invalid-argument`, `bad-descriptor`, `unsupported` (not a regular file), `access-denied`,
 *   `empty-file`, `past-end`, `no-memory`, `busy` or `io`, in this order
 * @throws {OpenError} where a path cannot be opened
 */
export function mmap(file: Source, length?: number | bigint, access?: Access, offset?: number | bigint): Mmap;
/** Maps a file with its arguments by name, or with `flags` and `prot` instead of `access`. */
export function mmap(file: Source, options: MmapOptions): Mmap;
export function mmap(
  file: Source,
  lengthOrOptions?: number | bigint | MmapOptions,
  access?: Access,
  offset?: number | bigint,
): Mmap {
  const wanted = parseArguments(lengthOrOptions, access, offset);
  if (file === null) return toMmap(openFloor(undefined, wanted), wanted, true);
  if (typeof file === 'object' && typeof file.getFlags === 'function')
    return toMmap(openFloor(file, wanted), wanted, false);
  if (typeof file !== 'string') throw new TypeError(`file must be a path, descriptor or null, not ${typeof file}`);
  const descriptor = open(file, { read: true, write: needsWrite(wanted.request) });
  try {
    return toMmap(openFloor(descriptor, wanted), wanted, false);
  } finally {
    (descriptor as Partial<Disposable>)[dispose]?.();
  }
}
