/**
 * The polyfill in Node: the same as in browsers, over the file system of preview2-shim, whose reads it quickens.
 *
 * @packageDocumentation
 */
import { ignoreAdviceWithoutHelp } from '../host/advice.mjs';
import { canLend, instantiateLending, quickenReads } from '../host/quick-reads.mjs';
import { createPolyfill as create, type Imports, type Polyfill } from './index.mjs';

// preview2-shim has a fault that guests with a C library meet.
export { acceptLibcWrites } from '../host/libc-writes.mjs';
export * from './index.mjs';

/**
 * Makes a polyfill.
 *
 * @param wasi what it stands on: `wasi:filesystem` and `wasi:io` of one implementation
 */
export async function createPolyfill(wasi: Imports): Promise<Polyfill> {
  quickenReads();
  ignoreAdviceWithoutHelp();
  return create(wasi, canLend(wasi['wasi:filesystem/types']) ? instantiateLending : undefined);
}
