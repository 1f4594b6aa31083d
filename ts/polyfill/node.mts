/**
 * The polyfill in Node: the same as in browsers, over the file system of preview2-shim, with fast reads.
 *
 * @packageDocumentation
 */
import { ignoreAdviceWithoutHelp } from '../preview2-shim/advice.mjs';
import { canLend, instantiateLending, quickenReads } from '../preview2-shim/quick-reads.mjs';
import { createPolyfill as create, type Imports, type Polyfill } from './index.mjs';

// For guests with a C library, in a program that has only the polyfill.
export { acceptLibcWrites } from '../preview2-shim/libc-writes.mjs';
export * from './index.mjs';

/**
 * Makes a polyfill.
 *
 * @param wasi `wasi:filesystem` and `wasi:io` of one implementation
 * @throws {TypeError} if `wasi` lacks an interface
 */
export async function createPolyfill(wasi: Imports): Promise<Polyfill> {
  quickenReads();
  ignoreAdviceWithoutHelp();
  return create(wasi, canLend(wasi['wasi:filesystem/types']) ? instantiateLending : undefined);
}
