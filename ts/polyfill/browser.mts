/**
 * The polyfill in a page: the same as in Node, over the file system of preview2-shim for browsers, in memory or in OPFS.
 *
 * With OPFS, the shim keeps the files in memory and stores them later. So `flush()` of a mapping returns before the bytes are
 * in storage: `await` the `flush()` of the shim's `OpfsFilesystemAdapter` after it, see {@link queueFlushes}.
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
 * If the file system is preview2-shim's, this mends its class `Descriptor` first, for all code in the page: descriptors
 * then have the rights that they were opened with.
 *
 * @param wasi `wasi:filesystem` and `wasi:io` of one implementation
 * @throws {TypeError} if `wasi` lacks an interface
 */
export async function createPolyfill(wasi: Imports): Promise<Polyfill> {
  mendDescriptors(wasi['wasi:filesystem/types']);
  return create(wasi);
}
