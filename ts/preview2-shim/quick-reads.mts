/**
 * Fast reads of files, for preview2-shim in Node.
 *
 * Fault: each `descriptor.read` is a call to the shim's worker, which takes ten times as long as the read itself.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("a read through the worker is slow").
 */
import { readSync } from 'node:fs';
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import { dispose } from '../disposable.js';
import type { Descriptor } from '../bindings/interfaces/wasi-filesystem-types.js';
import { withFile } from './descriptor.mjs';
import { LARGEST_LOAN, lend } from './lending.mjs';

/** It pays to look up the file of a descriptor from this many reads on. */
const READS_BEFORE = 4;
/** Larger reads are left to the worker, during which other threads run. */
const LARGEST = BigInt(LARGEST_LOAN);

interface Known {
  reads: number;
  /** The file of the descriptor, open as long as the descriptor is. Undefined: the shim reads. */
  fd: number | undefined;
}

/** The file of a descriptor, if it is a regular file that may be read. Others may block, or the shim checks their rights. */
function fileOf(descriptor: Descriptor): number | undefined {
  try {
    return descriptor.getType() === 'regular-file' ? withFile(descriptor, (fd) => fd) : undefined;
  } catch {
    return undefined;
  }
}

let quick = false;

/**
 * Lets `descriptor.read` of the shim read files in this thread, for all guests in the process. The answers are the same: a
 * read that is not complete (the end of a file, an error) still goes to the shim. Further calls do nothing.
 */
export function quickenReads(): void {
  if (quick) return;
  quick = true;
  const { prototype } = types.Descriptor as unknown as { prototype: Descriptor };
  // oxlint-disable-next-line typescript/unbound-method -- called with its object below
  const { read } = prototype;
  const { [dispose]: drop } = prototype as unknown as Record<symbol, () => void>;
  const known = new WeakMap<Descriptor, Known>();
  const closed = new WeakSet<Descriptor>();
  // The file descriptor of a closed file soon belongs to another file.
  Object.defineProperty(prototype, dispose, {
    value(this: Descriptor) {
      closed.add(this);
      drop?.call(this);
    },
    configurable: true,
    writable: true,
  });
  const quickRead = function (this: Descriptor, length: bigint, offset: bigint): [Uint8Array, boolean] {
    if (closed.has(this)) return read.call(this, length, offset);
    let file = known.get(this);
    if (!file) known.set(this, (file = { reads: 0, fd: undefined }));
    file.reads += 1;
    if (file.reads === READS_BEFORE) file.fd = fileOf(this);
    if (file.fd !== undefined && length > 0n && length <= LARGEST && offset <= Number.MAX_SAFE_INTEGER) {
      // A method that wraps this one may keep the bytes.
      const bytes = this.read === quickRead ? lend(Number(length)) : new Uint8Array(Number(length));
      try {
        if (readSync(file.fd, bytes, 0, bytes.length, Number(offset)) === bytes.length) return [bytes, false];
      } catch {
        // The shim names the error.
      }
    }
    return read.call(this, length, offset);
  };
  prototype.read = quickRead;
}
