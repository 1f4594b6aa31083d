/**
 * The operating system's file behind a guest's descriptor, for preview3-shim in Node.
 *
 * Fault: the class `Descriptor` has no way to its file, without which a host cannot map it. But its `getType()` calls `stat()`
 * of its private `FileHandle` before it returns, so a `stat()` that stands in for that call sees the handle.
 * Versions: all up to 0.7.0.
 * Mended: tests/preview3-shim/faults.test.mts fails ("a descriptor does not tell its file").
 */
import { open, type FileHandle } from 'node:fs/promises';
import { devNull } from 'node:os';
import type { Descriptor } from '../bindings-p3/interfaces/wasi-filesystem-types.js';
import { MmapError } from '../errors.js';

/** The prototype of all file handles, which Node does not export. It is there before a guest can have opened a file. */
let prototype: FileHandle | undefined;

/** Finds the prototype. A program without WASI 0.3 need not. */
export async function findFileHandles(): Promise<void> {
  const handle = await open(devNull);
  prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
}

/** What `stat()` says during the call: nobody waits for it. */
const REFUSED = { code: 'EBADF' };

/**
 * The operating system's file of a descriptor. It is open for what the descriptor's flags allow, no more and no less. Undefined
 * if this is no descriptor of WASI 0.3.
 *
 * @throws {MmapError} `unsupported` for a directory that was granted, which has no file
 */
export function fileOfP3(descriptor: Descriptor): number | undefined {
  if (prototype === undefined) return undefined;
  let fd: number | undefined;
  const own = Object.getOwnPropertyDescriptor(prototype, 'stat') as PropertyDescriptor;
  Object.defineProperty(prototype, 'stat', {
    ...own,
    async value(this: FileHandle): Promise<never> {
      fd = this.fd;
      throw REFUSED; // oxlint-disable-line typescript/only-throw-error -- an error of the system, as the shim knows them
    },
  });
  try {
    const answer: unknown = descriptor.getType();
    if (!(answer instanceof Promise)) return undefined;
    answer.catch(() => undefined);
  } finally {
    Object.defineProperty(prototype, 'stat', own);
  }
  if (fd === undefined) throw new MmapError('unsupported');
  if (fd < 0) throw new MmapError('bad-descriptor');
  return fd;
}
