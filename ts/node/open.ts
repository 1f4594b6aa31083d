import { closeSync, openSync } from 'node:fs';
import { toInteger, toSize, wrongType } from '../arguments.js';
import { MmapError } from '../errors.js';
import type { Access, Floor } from '../floor.js';
import { Mmap } from '../mmap.js';
import { needsWrite, NO_FILE, openNative, type Request } from './native.js';

/** The numbers of POSIX and of Python's `mmap`, the same on every system. */
export const constants = Object.freeze({
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  PROT_READ: 1,
  PROT_WRITE: 2,
  PROT_EXEC: 4,
  SEEK_SET: 0,
  SEEK_CUR: 1,
  SEEK_END: 2,
} as const);

/**
 * What to map: a path or file URL (opened for as long as the call takes), an open file descriptor or `FileHandle`
 * (which may be closed afterwards), or `null` for zero-filled memory without a file.
 */
export type Source = string | URL | number | { readonly fd: number } | null;

/** What {@link mmap} takes by name. */
export interface MmapOptions {
  /** Bytes to map; 0, the default, means to the end of the file. */
  readonly length?: number | bigint | undefined;
  /** Where in the file to begin: any byte. Default 0. */
  readonly offset?: number | bigint | undefined;
  /** Default `write`. Excludes `flags` and `prot`. */
  readonly access?: Access | undefined;
  /** UNIX only: `constants.MAP_SHARED` (the default) or `MAP_PRIVATE`. */
  readonly flags?: number | undefined;
  /** UNIX only: bits of `constants.PROT_*`. Default `PROT_READ | PROT_WRITE`. */
  readonly prot?: number | undefined;
}

const OPTION_NAMES = new Set(['length', 'offset', 'access', 'flags', 'prot']);

/** `flags` and `prot` as Python has them, or the access; both together are an error since the proposal of 2001. */
function toRequest({ access, flags, prot }: MmapOptions): Request {
  if (flags === undefined && prot === undefined) {
    if (access === undefined) return { access: 'write' };
    if (access !== 'read' && access !== 'write' && access !== 'copy') {
      if (typeof access !== 'string') wrongType('access', 'a string', access);
      throw new MmapError('invalid-argument', `access is ${JSON.stringify(access)}, not "read", "write" or "copy"`);
    }
    return { access };
  }
  if (access !== undefined) throw new MmapError('invalid-argument', 'access excludes flags and prot');
  const { MAP_SHARED, MAP_PRIVATE, PROT_READ, PROT_WRITE, PROT_EXEC } = constants;
  const sharing = flags === undefined ? MAP_SHARED : toInteger(flags, 'flags', 'invalid-argument');
  if (sharing !== MAP_SHARED && sharing !== MAP_PRIVATE) {
    throw new MmapError('invalid-argument', `flags is ${sharing}, not MAP_SHARED or MAP_PRIVATE`);
  }
  const protection = prot === undefined ? PROT_READ | PROT_WRITE : toInteger(prot, 'prot', 'invalid-argument');
  if (protection < 0 || protection > (PROT_READ | PROT_WRITE | PROT_EXEC)) {
    throw new MmapError('invalid-argument', `prot is ${protection}, not bits of PROT_READ, PROT_WRITE and PROT_EXEC`);
  }
  return { shared: sharing === MAP_SHARED, protection };
}

/** Opens a floor over the source; what is opened here is closed here, for a mapping keeps its own. */
function openFloor(file: Source, length: number, offset: number, request: Request): Floor {
  if (file === null) return openNative(NO_FILE, length, offset, request);
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
/** Maps a file with its arguments by name, or with `flags` and `prot` instead of `access` (UNIX only). */
export function mmap(file: Source, options: MmapOptions): Mmap;
export function mmap(
  file: Source,
  lengthOrOptions?: number | bigint | MmapOptions,
  access?: Access,
  offset?: number | bigint,
): Mmap {
  let options: MmapOptions;
  if (typeof lengthOrOptions === 'object' && lengthOrOptions !== null) {
    if (access !== undefined || offset !== undefined) throw new TypeError('options exclude positional arguments');
    options = lengthOrOptions;
    for (const name of Object.keys(options)) {
      if (!OPTION_NAMES.has(name)) throw new TypeError(`unknown option: ${name}`);
    }
  } else {
    options = { length: lengthOrOptions, access, offset };
  }
  const length = toSize(options.length ?? 0, 'length', 'invalid-argument');
  const start = toSize(options.offset ?? 0, 'offset', 'invalid-argument');
  const request = toRequest(options);
  const floor = openFloor(file, length, start, request);
  if (!('access' in request) && file !== null && length > 0 && start + length > floor.fileSize()) {
    floor.close(); // mmap-posix maps past the end; Python's flags and prot do not.
    throw new MmapError('past-end');
  }
  return new Mmap(floor, file === null ? 0 : start);
}
