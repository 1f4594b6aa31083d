/** Reads of files in Node without preview2-shim's worker, which takes ten times as long as the read. */
import { readSync } from 'node:fs';
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type { Descriptor } from '../bindings/interfaces/wasi-filesystem-types.js';
import type { InstantiateCore } from '../polyfill/index.mjs';
import { withFile } from './descriptor.mjs';

/** Finding out about a file pays only if it is read more often. */
const READS_BEFORE = 4;
/** The worker gives other threads their turn meanwhile. */
const LARGEST = 1n << 20n;

/** What is lent to a component, which copies it at once: memory that is new each time takes as long as the read. */
const lent = new Uint8Array(Number(LARGEST));
let lending = false;

const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');

interface Known {
  reads: number;
  /** The file beneath, which is open as long as the descriptor. None: it is left to the shim. */
  fd: number | undefined;
}

/** Regular files that may be read; others may block, or have rights that the shim looks at. */
function fileBeneath(descriptor: Descriptor): number | undefined {
  try {
    return descriptor.getType() === 'regular-file' ? withFile(descriptor, false, (fd) => fd) : undefined;
  } catch {
    return undefined;
  }
}

let quick = false;

/**
 * Lets `descriptor.read` of the shim read files itself, for all guests in the process: with the same answers, for what is
 * not a full read (the end of a file, an error) is still asked of the shim. Calling it again does nothing.
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
  // The number of a file that was closed is soon another's.
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
    if (file.reads === READS_BEFORE) file.fd = fileBeneath(this);
    if (file.fd !== undefined && length > 0n && length <= LARGEST && offset <= Number.MAX_SAFE_INTEGER) {
      // Who stands in between may keep what was read.
      const lend = lending && this.read === quickRead;
      const bytes = lend ? lent.subarray(0, Number(length)) : new Uint8Array(Number(length));
      try {
        if (readSync(file.fd, bytes, 0, bytes.length, Number(offset)) === bytes.length) return [bytes, false];
      } catch {
        // The shim has a name for it.
      }
    }
    return read.call(this, length, offset);
  };
  prototype.read = quickRead;
}

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

// Node's types have it without imports.
const instantiate = WebAssembly.instantiate as InstantiateCore;

/** Whether `instantiateLending` is of use over a file system: it is the shim's. */
export const canLend = (filesystem: { Descriptor?: unknown } | undefined): boolean =>
  filesystem?.Descriptor === types.Descriptor;

/** Instantiates a core module of a component whose calls, with their results put into its memory, may be lent bytes. */
export const instantiateLending: InstantiateCore = (module, imports = {}) => {
  const lenders = Object.entries(imports).map(([from, values]) => {
    const all = Object.entries(values).map(([name, value]) => {
      return [name, typeof value === 'function' ? whileLending(value as Call) : value] as const;
    });
    return [from, Object.fromEntries(all)] as const;
  });
  return instantiate(module, Object.fromEntries(lenders));
};
