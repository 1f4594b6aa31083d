/**
 * Bytes that are lent to a component, which copies them at once: new memory for each read takes as long as the read.
 */
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type { InstantiateCore } from '../instantiate-core.js';

/** In bytes. */
export const LARGEST_LOAN = 1 << 20;

const lent = new Uint8Array(LARGEST_LOAN);
let lending = false;

/** Memory for the result of a read: the same each time while a component reads that copies it, else new. */
export const lend = (length: number): Uint8Array => (lending ? lent.subarray(0, length) : new Uint8Array(length));

type Call = (...values: unknown[]) => unknown;

function whileLending(call: Call): Call {
  return (...values) => {
    const before = lending;
    lending = true;
    try {
      return call(...values);
    } finally {
      lending = before;
    }
  };
}

// The types of Node declare it without imports.
const instantiate = WebAssembly.instantiate as InstantiateCore;

/** Whether `instantiateLending` works over a file system: over the shim's, and over one whose class extends it. */
export function canLend(filesystem: { Descriptor?: unknown } | undefined): boolean {
  const shim: unknown = types.Descriptor;
  const { Descriptor } = filesystem ?? {};
  return Descriptor === shim || (typeof Descriptor === 'function' && Object.getPrototypeOf(Descriptor) === shim);
}

/** Instantiates a core module of a component whose calls copy their results into its memory: they can be lent bytes. */
export const instantiateLending: InstantiateCore = (module, imports = {}) => {
  const lenders = Object.entries(imports).map(([from, values]) => {
    const all = Object.entries(values).map(([name, value]) => {
      return [name, typeof value === 'function' ? whileLending(value as Call) : value] as const;
    });
    return [from, Object.fromEntries(all)] as const;
  });
  return instantiate(module, Object.fromEntries(lenders));
};
