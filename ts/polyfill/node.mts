/** The polyfill in Node, where preview2-shim has a fault that guests with a C library meet. */
export { acceptLibcWrites } from '../host/libc-writes.mjs';
export * from './index.mjs';
