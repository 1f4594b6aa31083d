/**
 * Modules of Node. A bundler that makes ES modules of this package may give it no `require`: esbuild does not. So `process`
 * is asked first, which has them since Node 20.16.
 */
import type * as Buffers from 'node:buffer';
import type * as Files from 'node:fs';
import type * as Modules from 'node:module';
import type * as Paths from 'node:path';
import type * as Threads from 'node:worker_threads';

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each module has a type of its own
function builtin<T>(name: string, required: () => unknown): T {
  if (typeof process === 'undefined' || !process.versions?.node) {
    throw new Error('wasi-mmap maps files in Node, Bun and Deno. In a page, import wasi-mmap/polyfill');
  }
  return (process.getBuiltinModule?.(name) ?? required()) as T;
}

// Bundlers understand only a plain call of `require`.
export const buffers = builtin<typeof Buffers>('node:buffer', () => require('node:buffer') as unknown);
export const files = builtin<typeof Files>('node:fs', () => require('node:fs') as unknown);
export const modules = builtin<typeof Modules>('node:module', () => require('node:module') as unknown);
export const paths = builtin<typeof Paths>('node:path', () => require('node:path') as unknown);
export const threads = builtin<typeof Threads>('node:worker_threads', () => require('node:worker_threads') as unknown);
