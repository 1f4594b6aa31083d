/**
 * `wasi:filesystem` for Node, over calls of `node:fs` in the thread of the guest.
 *
 * It stands in for the file system of preview2-shim, whose faults tests/filesystem/shim.test.mts lists. Of the shim it needs
 * only the classes of resources, which the shim's streams, clocks and polls know.
 */
import { resolve } from 'node:path';
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type * as TypesP3 from '../bindings-p3/interfaces/wasi-filesystem-types.js';
import type * as Types from '../bindings/interfaces/wasi-filesystem-types.js';
import { codeOf } from './codes.mjs';
import { DescriptorP3 } from './descriptor-p3.mjs';
import { HostDescriptor } from './descriptor.mjs';
import { Folder } from './folder.mjs';

/** A directory of the host that a guest sees. */
export interface Preopen {
  readonly host: string;
  /** The guest's name for it. */
  readonly guest: string;
  readonly readOnly?: boolean;
}

/** The interfaces of `wasi:filesystem`, for `filesystem` of the shim's `WASIShim`. */
export interface Filesystem {
  readonly types: typeof Types;
  readonly preopens: { getDirectories(): Array<[Types.Descriptor, string]> };
}

/** The flags of a directory that was granted. */
const rights = (readOnly: boolean) => ({ read: true, mutateDirectory: !readOnly });

/**
 * Makes a file system of directories of the host.
 *
 * @throws an error of `node:fs` if one cannot be opened
 */
export function createFilesystem(preopens: readonly Preopen[]): Filesystem {
  const opened = preopens.map(({ host, guest, readOnly = false }) => {
    return { folder: Folder.open(resolve(host)), guest, readOnly };
  });
  const implementation = {
    Descriptor: HostDescriptor,
    DirectoryEntryStream: types.DirectoryEntryStream,
    filesystemErrorCode: ({ payload }: { payload?: unknown }) => codeOf(payload),
  };
  return {
    types: implementation as unknown as typeof Types, // Its constructors are private.
    preopens: {
      // A guest can drop what it gets, and ask again.
      getDirectories: () =>
        opened.map(({ folder, guest, readOnly }) => [
          new HostDescriptor({ kind: 'folder', folder: folder.copy() }, rights(readOnly), readOnly),
          guest,
        ]),
    },
  };
}

/** The interfaces of `wasi:filesystem@0.3`. */
export interface FilesystemP3 {
  readonly types: { readonly Descriptor: typeof TypesP3.Descriptor };
  readonly preopens: { getDirectories(): Array<[TypesP3.Descriptor, string]> };
}

/**
 * The same directories for guests of WASI 0.3, under the same rules. Its streams are in the form of jco 1.35.
 *
 * @param filesystem a result of {@link createFilesystem}
 */
export function toFilesystemP3({ preopens }: Filesystem): FilesystemP3 {
  return {
    types: { Descriptor: DescriptorP3 as unknown as typeof TypesP3.Descriptor }, // Its constructor is private.
    preopens: {
      getDirectories: () =>
        preopens.getDirectories().map(([folder, name]) => [new DescriptorP3(folder as HostDescriptor), name]),
    },
  };
}
