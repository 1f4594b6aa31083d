/**
 * The polyfill in Node: the same as in browsers, over the file system of preview2-shim, with fast reads.
 *
 * @packageDocumentation
 */
import { ignoreAdviceWithoutHelp } from '../preview2-shim/advice.mjs';
import { canLend, instantiateLending } from '../preview2-shim/lending.mjs';
import { quickenReads } from '../preview2-shim/quick-reads.mjs';
import { nameErrors } from '../preview2-shim/raw-errors.mjs';
import { createPolyfill as create, type Imports, type Polyfill } from './index.mjs';

// For guests with a C library, in a program that has only the polyfill.
export { createFilesystem, type Filesystem, type Preopen } from '../filesystem/index.mjs';
export { acceptLibcWrites } from '../preview2-shim/libc-writes.mjs';
export * from './index.mjs';

/**
 * Makes a polyfill.
 *
 * @param wasi `wasi:filesystem` and `wasi:io` of one implementation
 * @throws {TypeError} if `wasi` lacks an interface
 */
export async function createPolyfill(wasi: Imports): Promise<Polyfill> {
  nameErrors(); // Before the quick reads, which call these methods.
  quickenReads();
  ignoreAdviceWithoutHelp();
  return create(wasi, canLend(wasi['wasi:filesystem/types']) ? instantiateLending : undefined);
}
