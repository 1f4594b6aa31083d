/** What `mmap()` takes, wherever it runs: in Node, in a guest, over the polyfill. */
import { toInteger, toSize, wrongType } from './arguments.js';
import { MmapError } from './errors.js';
import type { Access, Floor } from './floor.js';
import { Mmap } from './mmap.js';

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

/** What `mmap()` takes by name. */
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
  /**
   * Windows only, and only without a file: the name of memory that processes share, the `tagname` of Python's `mmap`.
   * The first one makes it, zero-filled; it goes with the last mapping. It cannot be resized. Where there is less than
   * `length` already: `past-end`. Elsewhere `unsupported`: share a file.
   */
  readonly name?: string | undefined;
}

const OPTION_NAMES = new Set(['length', 'offset', 'access', 'flags', 'prot', 'name']);

/** How pages are asked for: with an access, or in the terms of POSIX. */
export type Request =
  | { readonly access: Access; readonly name?: string | undefined }
  | { readonly shared: boolean; readonly protection: number };

/** Whether what is asked for changes the file, which must then be open for writing. */
export function needsWrite(request: Request): boolean {
  if ('access' in request) return request.access === 'write';
  return request.shared && (request.protection & constants.PROT_WRITE) !== 0;
}

/** `flags` and `prot` as Python has them, or the access; both together are an error since the proposal of 2001. */
function toRequest({ access, flags, prot, name }: MmapOptions): Request {
  if (name !== undefined && typeof name !== 'string') wrongType('name', 'a string', name);
  if (name === '' || name?.includes('\0')) throw new MmapError('invalid-argument', 'the name is empty or has a NUL');
  if (flags === undefined && prot === undefined) {
    if (access === undefined) return { access: 'write', name };
    if (access !== 'read' && access !== 'write' && access !== 'copy') {
      if (typeof access !== 'string') wrongType('access', 'a string', access);
      throw new MmapError('invalid-argument', `access is ${JSON.stringify(access)}, not "read", "write" or "copy"`);
    }
    return { access, name };
  }
  if (name !== undefined) throw new MmapError('invalid-argument', 'a name excludes flags and prot');
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

/** Arguments of `mmap()`, converted and checked. */
export interface Wanted {
  readonly length: number;
  readonly offset: number;
  readonly request: Request;
}

/** Reads what follows the file: a length, access and offset, or options. */
export function parseArguments(
  lengthOrOptions?: number | bigint | MmapOptions,
  access?: Access,
  offset?: number | bigint,
): Wanted {
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
  return {
    length: toSize(options.length ?? 0, 'length', 'invalid-argument'),
    offset: toSize(options.offset ?? 0, 'offset', 'invalid-argument'),
    request: toRequest(options),
  };
}

/** The mapping that `mmap()` returns, over what was opened for the arguments. */
export function toMmap(floor: Floor, { length, offset, request }: Wanted, anonymous: boolean): Mmap {
  if (!('access' in request) && !anonymous && length > 0 && offset + length > floor.fileSize()) {
    floor.close(); // mmap-posix maps past the end; Python's flags and prot do not.
    throw new MmapError('past-end');
  }
  return new Mmap(floor, anonymous ? 0 : offset);
}
