// oxlint-disable typescript/unbound-method -- it replaces methods, and calls those that were there with their object
/**
 * Errors of reads and writes, for preview2-shim in Node.
 *
 * Fault: `read` and `write` of a descriptor throw the error of Node, such as ENOSPC for a full disk, instead of an error-code.
 * jco then traps the guest.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("an error of a read is not one of the interface").
 */
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type { Descriptor } from '../bindings/interfaces/wasi-filesystem-types.js';
import { attempt } from '../filesystem/codes.mjs';

let naming = false;

/** Gives guests the error-code of a read or write that fails, for all guests in the process. Further calls do nothing. */
export function nameErrors(): void {
  if (naming) return;
  naming = true;
  const { prototype } = types.Descriptor as unknown as { prototype: Descriptor };
  const { read, write } = prototype;
  prototype.read = function (this: Descriptor, length, offset) {
    return attempt(() => read.call(this, length, offset));
  };
  prototype.write = function (this: Descriptor, bytes, offset) {
    return attempt(() => write.call(this, bytes, offset));
  };
}
