/** `mmap()` in Node, over the native addon. */
import { wrongType } from '../arguments.js';
import type { Access } from '../backend.js';
import { constructMmap } from '../construct.js';
import { MmapError } from '../errors.js';
import type { Mmap } from '../mmap.js';
import { needsWrite, parseArguments, type FileRequest, type MmapOptions, type Parsed } from '../request.js';
import { files } from './builtins.js';
import { ALL_RIGHTS, NO_FILE, openAccess, openNamed, openPosix, type NativeBackend } from './native.js';

/**
 * The file to map: a path or file `URL` (open during the call only), an open file descriptor or `FileHandle` (which may be
 * closed afterwards), or `null` for zero-filled memory without a file.
 */
export type Source = string | { readonly href: string } | number | { readonly fd: number } | null;

function openFile(fd: number, length: number, offset: number, request: FileRequest): NativeBackend {
  return request.kind === 'access'
    ? openAccess(fd, ALL_RIGHTS, length, request.access, offset)
    : openPosix(fd, ALL_RIGHTS, length, request.sharing, request.protection, offset);
}

/** The flags with which a path is opened. */
export const openFlags = ({ request }: Parsed): 'r' | 'r+' => (needsWrite(request) ? 'r+' : 'r');

/** The path, if it is one. A URL may be of another realm, such as that of jsdom. */
export function pathOf(file: Source): string | { readonly href: string } | undefined {
  if (typeof file !== 'object' || file === null) return typeof file === 'string' ? file : undefined;
  const href: unknown = 'href' in file ? file.href : undefined;
  return typeof href === 'string' ? new URL(href) : undefined;
}

/** Opens a backend over the source. A file that is opened here is closed here, for a mapping duplicates it. */
function openBackend(file: Source, parsed: Parsed): NativeBackend {
  const { length, offset, request } = parsed;
  if (request.kind === 'named') {
    if (file === null) return openNamed(request.name, length, request.access);
    throw new MmapError('invalid-argument', 'a name is for memory without a file: all who map a file share it');
  }
  if (file === null) return openFile(NO_FILE, length, offset, request);
  const path = pathOf(file);
  if (path !== undefined) {
    const fd = files.openSync(path as string | URL, openFlags(parsed));
    try {
      return openFile(fd, length, offset, request);
    } finally {
      files.closeSync(fd);
    }
  }
  const fd: unknown = typeof file === 'object' ? (file as { fd: unknown }).fd : file;
  if (typeof fd !== 'number') wrongType('file', 'a path, URL, file descriptor, FileHandle or null', file);
  if (!Number.isInteger(fd) || fd < 0 || fd > 0x7fffffff) {
    throw new MmapError('bad-descriptor', `${fd} is no file descriptor (null asks for memory without a file)`);
  }
  return openFile(fd, length, offset, request);
}

/** Maps with arguments that were parsed. Throws as {@link mmap}. */
export function mapSource(file: Source, parsed: Parsed): Mmap {
  return constructMmap(openBackend(file, parsed), parsed, file === null);
}

/**
 * Maps a file, or zero-filled memory.
 *
 * @param file the file to map
 * @param length in bytes, below 2^53; 0, the default, means to the end of the file
 * @param access `read`, `write` (the default) or `copy`: what may be done, and whether it reaches the file
 * @param offset in bytes, below 2^53, default 0: where in the file the mapping begins
 * @throws {TypeError} for an argument of a wrong type
 * @throws {MmapError} `invalid-argument`, `bad-descriptor`, `unsupported` (not a regular file), `access-denied`,
 *   `empty-file`, `past-end`, `no-memory`, `busy` or `io`, in this order
 * @throws {Error} the error of `fs.openSync`, if a path cannot be opened
 */
export function mmap(file: Source, length?: number | bigint, access?: Access, offset?: number | bigint): Mmap;
/** Maps a file with its arguments by name, or with options of one system only: see {@link MmapOptions}. Throws as above. */
export function mmap(file: Source, options: MmapOptions): Mmap;
export function mmap(
  file: Source,
  lengthOrOptions?: number | bigint | MmapOptions,
  access?: Access,
  offset?: number | bigint,
): Mmap {
  return mapSource(file, parseArguments(lengthOrOptions, access, offset));
}
