/** Makes the function `mmap()` over an import of `wasi-mmap:mmap/mapping`: in a guest, and over the polyfill. */
import { dispose } from './disposable.js';
import type * as Bindings from './bindings/interfaces/wasi-mmap-mmap-mapping.js';
import { wrongType } from './arguments.js';
import { MmapError } from './errors.js';
import type { Open } from './files.js';
import type { Access } from './backend.js';
import type { Mmap } from './mmap.js';
import { constructMmap } from './construct.js';
import { needsWrite, parseArguments, type MmapOptions, type Parsed } from './request.js';
import { callBindings, ResourceBackend } from './resource-backend.js';

/** The functions of `wasi-mmap:mmap/mapping`, with one type of descriptor. */
export interface MappingInterface<D> {
  mmap(file: D | undefined, length: bigint, access: Access, offset: bigint): Bindings.Mapping;
  mmapPosix(
    file: D | undefined,
    length: bigint,
    sharing: Bindings.Sharing,
    protection: Bindings.Protection,
    offset: bigint,
  ): Bindings.Mapping;
}

/** Maps a file, or zero-filled memory. */
export interface MmapFunction<D> {
  /**
   * Maps a file, or zero-filled memory.
   *
   * @param file a path (open during the call only), a descriptor (which may be dropped afterwards), or `null` for
   *   zero-filled memory without a file
   * @param length in bytes, below 2^53; 0, the default, means to the end of the file
   * @param access `read`, `write` (the default) or `copy`: what may be done, and whether it reaches the file
   * @param offset in bytes, below 2^53, default 0: where in the file the mapping begins
   * @throws {TypeError} for an argument of a wrong type
   * @throws {MmapError} `invalid-argument`, `bad-descriptor`, `unsupported` (not a regular file), `access-denied`,
   *   `empty-file`, `past-end`, `no-memory`, `busy` or `io`, in this order
   * @throws {OpenError} if a path cannot be opened
   */
  (file: string | D | null, length?: number | bigint, access?: Access, offset?: number | bigint): Mmap;
  /** Maps a file with its arguments by name, or with `flags` and `prot` instead of `access`. Throws as above. */
  (file: string | D | null, options: MmapOptions): Mmap;
}

/** Makes {@link MmapFunction}. */
export function createMmap<D extends { getFlags(): unknown }>(
  mapping: MappingInterface<D>,
  open: Open<D>,
): MmapFunction<D> {
  function openBackend(file: D | undefined, { length, offset, request }: Parsed): ResourceBackend {
    if (request.kind === 'named') throw new MmapError('unsupported', 'the contract has no shared memory with a name');
    const [size, start] = [BigInt(length), BigInt(offset)];
    return new ResourceBackend(
      callBindings(() =>
        request.kind === 'access'
          ? mapping.mmap(file, size, request.access, start)
          : mapping.mmapPosix(file, size, request.sharing, request.protection, start),
      ),
    );
  }

  return (
    file: string | D | null,
    lengthOrOptions?: number | bigint | MmapOptions,
    access?: Access,
    offset?: number | bigint,
  ) => {
    const parsed = parseArguments(lengthOrOptions, access, offset);
    if (file === null) return constructMmap(openBackend(undefined, parsed), parsed, true);
    if (typeof file === 'object' && typeof file.getFlags === 'function') {
      return constructMmap(openBackend(file, parsed), parsed, false);
    }
    if (typeof file !== 'string') wrongType('file', 'a path, descriptor or null', file);
    const descriptor = open(file, { read: true, write: needsWrite(parsed.request) });
    try {
      return constructMmap(openBackend(descriptor, parsed), parsed, false);
    } finally {
      (descriptor as Partial<Disposable>)[dispose]?.();
    }
  };
}
