/** A way round a fault of preview2-shim, where it has no native package. */
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type { Advice, Descriptor } from '../bindings/interfaces/wasi-filesystem-types.js';

let ignoring = false;

/**
 * Lets guests advise where preview2-shim cannot: it asks a native package of its own for that (`jco-node-fs`, which does
 * nothing but on Linux), and without one that loads the call traps. Advice may be ignored, so there it is. Calling it
 * again does nothing.
 */
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
