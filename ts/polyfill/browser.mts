/**
 * The polyfill in a page: the same as in Node, over the file system of preview2-shim for browsers, in memory or in OPFS.
 *
 * That keeps the files of OPFS in memory and stores them later. So `flush()` returns before storage has the bytes there:
 * `await` the `flush()` of the shim's `OpfsFilesystemAdapter` after it, see {@link queueFlushes}.
 *
 * @packageDocumentation
 */
import { mendDescriptors } from '../preview2-shim/browser-descriptors.mjs';
import { createPolyfill as create, type Imports, type Polyfill } from './index.mjs';

export * from './index.mjs';
export { queueFlushes } from '../preview2-shim/opfs.mjs';

/**
 * Makes a polyfill.
 *
 * If the file system is preview2-shim's, its class `Descriptor` is put right first, for everybody in the page:
 * descriptors carry the rights that they were opened with.
 *
 * @param wasi what it stands on: `wasi:filesystem` and `wasi:io` of one implementation
 */
export async function createPolyfill(wasi: Imports): Promise<Polyfill> {
  mendDescriptors(wasi['wasi:filesystem/types']);
  return create(wasi);
}
