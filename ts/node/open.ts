import { closeSync, openSync } from 'node:fs';
import { wrongType } from '../arguments.js';
import { MmapError } from '../errors.js';
import type { Access, Floor } from '../floor.js';
import type { Mmap } from '../mmap.js';
import { needsWrite, parseArguments, toMmap, type MmapOptions, type Wanted } from '../request.js';
import { NO_FILE, openNative } from './native.js';

/**
 * What to map: a path or file URL (opened for as long as the call takes), an open file descriptor or `FileHandle`
 * (which may be closed afterwards), or `null` for zero-filled memory without a file.
 */
export type Source = string | URL | number | { readonly fd: number } | null;

/** Opens a floor over the source; what is opened here is closed here, for a mapping keeps its own. */
function openFloor(file: Source, { length, offset, request }: Wanted): Floor {
  if (file === null) return openNative(NO_FILE, length, offset, request);
  if ('access' in request && request.name !== undefined) {
    throw new MmapError('invalid-argument', 'a name is for memory without a file: all who map a file share it');
  }
  if (typeof file === 'string' || file instanceof URL) {
    const fd = openSync(file, needsWrite(request) ? 'r+' : 'r');
    try {
      return openNative(fd, length, offset, request);
    } finally {
      closeSync(fd);
    }
  }
  const fd: unknown = typeof file === 'object' ? file.fd : file;
  if (typeof fd !== 'number') wrongType('file', 'a path, URL, file descriptor, FileHandle or null', file);
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff) {
    throw new MmapError('bad-descriptor', `${fd} is no file descriptor (null asks for memory without a file)`);
  }
  return openNative(fd, length, offset, request);
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
 * @throws the error of `fs.openSync` where a path cannot be opened
 */
export function mmap(file: Source, length?: number | bigint, access?: Access, offset?: number | bigint): Mmap;
/** Maps a file with its arguments by name, or with what only one system has (see {@link MmapOptions}). */
export function mmap(file: Source, options: MmapOptions): Mmap;
export function mmap(
  file: Source,
  lengthOrOptions?: number | bigint | MmapOptions,
  access?: Access,
  offset?: number | bigint,
): Mmap {
  const wanted = parseArguments(lengthOrOptions, access, offset);
  return toMmap(openFloor(file, wanted), wanted, file === null);
}
