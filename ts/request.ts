/** Parses the arguments of `mmap()`, which are the same in Node, in a guest and over the polyfill. */
import { toInteger, toSize, wrongType } from './arguments.js';
import type { Access, Protection, Sharing } from './backend.js';
import { MmapError } from './errors.js';

/** The numbers of POSIX and of Python's `mmap`, the same on every system. */
export const constants = Object.freeze({
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  PROT_NONE: 0,
  PROT_READ: 1,
  PROT_WRITE: 2,
  PROT_EXEC: 4,
  SEEK_SET: 0,
  SEEK_CUR: 1,
  SEEK_END: 2,
} as const);

/** The arguments of `mmap()` by name. */
export interface MmapOptions {
  /** In bytes, below 2^53; 0, the default, means to the end of the file. */
  readonly length?: number | bigint | undefined;
  /** Where in the file the mapping begins, in bytes, below 2^53. Default 0. */
  readonly offset?: number | bigint | undefined;
  /** Default `write`. Excludes `flags` and `prot`. */
  readonly access?: Access | undefined;
  /** UNIX only: `constants.MAP_SHARED` (the default) or `MAP_PRIVATE`. */
  readonly flags?: number | undefined;
  /**
   * UNIX only: bits of `constants.PROT_*`. Default `PROT_READ | PROT_WRITE`. With `PROT_NONE` every access is
   * `access-denied`.
   */
  readonly prot?: number | undefined;
  /**
   * Windows only, and only without a file: the name of memory that processes share, the `tagname` of Python's `mmap`.
   * The first process creates it, zero-filled, and it lives as long as its last mapping. It cannot be resized. If it
   * exists and is shorter than `length`: `past-end`. On other systems: `unsupported`.
   */
  readonly name?: string | undefined;
  /**
   * Whether to load all bytes into memory before `mmap()` returns, as `populate()` does. Default false. As with
   * `MAP_POPULATE`, bytes that cannot be loaded are no error of `mmap()`: their access is one.
   */
  readonly populate?: boolean | undefined;
}

const OPTION_NAMES = new Set(['length', 'offset', 'access', 'flags', 'prot', 'name', 'populate']);

/** How to map a file, or memory without one: with an access, or with the flags of POSIX. */
export type FileRequest =
  | { readonly kind: 'access'; readonly access: Access }
  | { readonly kind: 'posix'; readonly sharing: Sharing; readonly protection: Protection };

/** How to map, also memory that processes share by a name. */
export type Request = FileRequest | { readonly kind: 'named'; readonly name: string; readonly access: Access };

/** Whether the mapping changes its file, which must then be open for writing. */
export function needsWrite(request: Request): boolean {
  if (request.kind === 'posix') return request.sharing === 'shared' && request.protection.write === true;
  return request.access === 'write';
}

function toAccess(access: unknown): Access {
  if (access === undefined) return 'write';
  if (access === 'read' || access === 'write' || access === 'copy') return access;
  if (typeof access !== 'string') wrongType('access', 'a string', access);
  throw new MmapError('invalid-argument', `access is ${JSON.stringify(access)}, not "read", "write" or "copy"`);
}

function toSharing(flags: unknown): Sharing {
  const { MAP_SHARED, MAP_PRIVATE } = constants;
  const sharing = flags === undefined ? MAP_SHARED : toInteger(flags, 'flags', 'invalid-argument');
  if (sharing === MAP_SHARED) return 'shared';
  if (sharing === MAP_PRIVATE) return 'private';
  throw new MmapError('invalid-argument', `flags is ${sharing}, not MAP_SHARED or MAP_PRIVATE`);
}

function toProtection(prot: unknown): Protection {
  const { PROT_READ, PROT_WRITE, PROT_EXEC } = constants;
  const bits = prot === undefined ? PROT_READ | PROT_WRITE : toInteger(prot, 'prot', 'invalid-argument');
  if (bits < 0 || bits > (PROT_READ | PROT_WRITE | PROT_EXEC)) {
    throw new MmapError('invalid-argument', `prot is ${bits}, not bits of PROT_READ, PROT_WRITE and PROT_EXEC`);
  }
  const has = (bit: number): boolean => (bits & bit) !== 0;
  return { read: has(PROT_READ), write: has(PROT_WRITE), execute: has(PROT_EXEC) };
}

/** The access, or `flags` and `prot` as in Python. Both together are an error. */
function toRequest({ access, flags, prot, name }: MmapOptions): Request {
  if (name !== undefined && typeof name !== 'string') wrongType('name', 'a string', name);
  if (name === '' || name?.includes('\0')) throw new MmapError('invalid-argument', 'the name is empty or has a NUL');
  if (flags === undefined && prot === undefined) {
    const wanted = toAccess(access);
    return name === undefined ? { kind: 'access', access: wanted } : { kind: 'named', name, access: wanted };
  }
  if (name !== undefined) throw new MmapError('invalid-argument', 'a name excludes flags and prot');
  if (access !== undefined) throw new MmapError('invalid-argument', 'access excludes flags and prot');
  return { kind: 'posix', sharing: toSharing(flags), protection: toProtection(prot) };
}

function toFlag(value: unknown, name: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') wrongType(name, 'a boolean', value);
  return value === true;
}

/** The arguments of `mmap()` other than the file, converted and checked. */
export interface Parsed {
  readonly length: number;
  readonly offset: number;
  readonly request: Request;
  readonly populate: boolean;
}

/** Parses the arguments that follow the file: a length, access and offset, or options. */
export function parseArguments(
  lengthOrOptions?: number | bigint | MmapOptions,
  access?: Access,
  offset?: number | bigint,
): Parsed {
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
    populate: toFlag(options.populate, 'populate'),
  };
}
