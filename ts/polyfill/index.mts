/**
 * Memory-mapped files without a native host: the contract over `wasi:filesystem` alone, with the same answers. It is for
 * guest components that jco has transpiled, and for JavaScript itself, in Node without the addon and in browsers.
 *
 * ```js
 * const wasi = new WASIShim({ … }).getImportObject();   // of @bytecodealliance/preview2-shim/instantiation
 * const polyfill = await createPolyfill(wasi);
 * const guest = await instantiate(undefined, { ...wasi, ...polyfill.getImportObject() });
 * const map = polyfill.mmap('/data.bin', 0, 'read');    // the same class Mmap as in Node
 * ```
 *
 * @packageDocumentation
 */
import type { Descriptor } from '../bindings/interfaces/wasi-filesystem-types.js';
import { createMmap, type MmapFunction } from '../create-mmap.js';
import { openerBelow, type Open } from '../files.js';
import type { InstantiateCore } from '../instantiate-core.js';
import { instantiatePolyfill } from './instantiate.mjs';

export type { Descriptor };
export type { Bytes } from '../arguments.js';
export { MmapError, type ErrorCode } from '../errors.js';
export type { InstantiateCore } from '../instantiate-core.js';
export { OpenError } from '../files.js';
export type { Access, Advice } from '../backend.js';
export { Mmap } from '../mmap.js';
export { constants, type MmapOptions } from '../request.js';

/** Interfaces of WASI by their names without version, as `getImportObject()` of preview2-shim's `WASIShim` gives them. */
export type Imports = Record<string, object>;

/** An instance of the polyfill. Its descriptors are its own: a guest needs its file system together with its mapping. */
export interface Polyfill {
  /** Maps a file below the directories of this WASI, or zero-filled memory. There are no views: reads copy bytes. */
  readonly mmap: MmapFunction<Descriptor>;
  /**
   * Opens a file below the directories of this WASI.
   *
   * @throws {OpenError} with the error-code of `wasi:filesystem`
   */
  readonly open: Open<Descriptor>;
  /** Imports for `instantiate()` of a guest, which replace those of WASI. */
  getImportObject(): Imports;
}

/**
 * Makes a polyfill.
 *
 * @param wasi `wasi:filesystem` and `wasi:io` of one implementation
 * @param core instantiates its core modules; default: `WebAssembly.instantiate`
 * @throws {TypeError} if `wasi` lacks an interface
 */
export async function createPolyfill(wasi: Imports, core?: InstantiateCore): Promise<Polyfill> {
  const { types, preopens, mapping, span } = await instantiatePolyfill(wasi, core);
  const open = openerBelow(() => preopens.getDirectories());
  return {
    mmap: createMmap(mapping, open),
    open,
    getImportObject: () => ({
      'wasi:filesystem/types': types,
      'wasi:filesystem/preopens': preopens,
      'wasi-mmap:mmap/mapping': mapping,
      'wasi-mmap:mmap/span': span,
    }),
  };
}
