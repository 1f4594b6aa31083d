/** `mmap()` over the interface of the contract: in a guest, and over the polyfill. */
import type * as Contract from './contract/interfaces/wasi-mmap-mmap-mapping.js';
import { wrongType } from './arguments.js';
import { MmapError } from './errors.js';
import type { Open } from './files.js';
import type { Access } from './floor.js';
import type { Mmap } from './mmap.js';
import { constants, needsWrite, parseArguments, toMmap, type MmapOptions, type Wanted } from './request.js';
import { contractCall, ResourceFloor } from './resource.js';

const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');

/** The functions of the contract, with descriptors of one kind. */
export interface MappingInterface<D> {
  mmap(file: D | undefined, length: bigint, access: Access, offset: bigint): Contract.Mapping;
  mmapPosix(
    file: D | undefined,
    length: bigint,
    sharing: Contract.Sharing,
    protection: Contract.Protection,
    offset: bigint,
  ): Contract.Mapping;
}

/** Maps a file, or zero-filled memory. */
export interface MmapFunction<D> {
  /**
   * Maps a file, or zero-filled memory.
   *
   * @param file what to map: a path (opened for as long as the call takes), a descriptor (which may be dropped
   *   afterwards), or `null` for zero-filled memory without a file
   * @param length bytes to map; 0 means to the end of the file
   * @param access `read`, `write` (the default) or `copy`: what may be done, and whether it reaches the file
   * @param offset where in the file to begin: any byte
   * @throws {TypeError} for an argument of a wrong type
   * @throws {MmapError} `invalid-argument`, `bad-descriptor`, `unsupported` (not a regular file), `access-denied`,
   *   `empty-file`, `past-end`, `no-memory`, `busy` or `io`, in this order
   * @throws {OpenError} where a path cannot be opened
   */
  (file: string | D | null, length?: number | bigint, access?: Access, offset?: number | bigint): Mmap;
  /** Maps a file with its arguments by name, or with `flags` and `prot` instead of `access`. */
  (file: string | D | null, options: MmapOptions): Mmap;
}

/** Makes {@link MmapFunction}. */
export function mmapOver<D extends { getFlags(): unknown }>(
  mapping: MappingInterface<D>,
  open: Open<D>,
): MmapFunction<D> {
  function openFloor(file: D | undefined, { length, offset, request }: Wanted): ResourceFloor {
    if ('access' in request && request.name !== undefined) {
      throw new MmapError('unsupported', 'the contract has no shared memory with a name');
    }
    const [size, start] = [BigInt(length), BigInt(offset)];
    return new ResourceFloor(
      contractCall(() => {
        if ('access' in request) return mapping.mmap(file, size, request.access, start);
        const { PROT_READ, PROT_WRITE, PROT_EXEC } = constants;
        const has = (bit: number): boolean => (request.protection & bit) !== 0;
        const protection = { read: has(PROT_READ), write: has(PROT_WRITE), execute: has(PROT_EXEC) };
        return mapping.mmapPosix(file, size, request.shared ? 'shared' : 'private', protection, start);
      }),
    );
  }

  return (
    file: string | D | null,
    lengthOrOptions?: number | bigint | MmapOptions,
    access?: Access,
    offset?: number | bigint,
  ) => {
    const wanted = parseArguments(lengthOrOptions, access, offset);
    if (file === null) return toMmap(openFloor(undefined, wanted), wanted, true);
    if (typeof file === 'object' && typeof file.getFlags === 'function') {
      return toMmap(openFloor(file, wanted), wanted, false);
    }
    if (typeof file !== 'string') wrongType('file', 'a path, descriptor or null', file);
    const descriptor = open(file, { read: true, write: needsWrite(wanted.request) });
    try {
      return toMmap(openFloor(descriptor, wanted), wanted, false);
    } finally {
      (descriptor as Partial<Disposable>)[dispose]?.();
    }
  };
}
