/**
 * Advice about files, for preview2-shim in Node.
 *
 * Fault: `descriptor.advise` calls a native package of the shim's own, `jco-node-fs`, and traps the guest where that
 * package is missing. It is an optional dependency, and does nothing on systems other than Linux.
 * Versions: 0.26.0 and 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("advice traps without a native package").
 */
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type { Advice, Descriptor } from '../bindings/interfaces/wasi-filesystem-types.js';

let ignoring = false;

/** Ignores advice that the shim cannot give, for all guests in the process. Further calls do nothing. */
export function ignoreAdviceWithoutHelp(): void {
  if (ignoring) return;
  ignoring = true;
  const { prototype } = types.Descriptor as unknown as { prototype: Descriptor };
  // oxlint-disable-next-line typescript/unbound-method -- called with its object below
  const { advise } = prototype;
  prototype.advise = function (this: Descriptor, offset: bigint, length: bigint, advice: Advice) {
    try {
      advise.call(this, offset, length, advice);
    } catch (error) {
      if (typeof error === 'string') throw error; // An error of `wasi:filesystem`.
    }
  };
}
