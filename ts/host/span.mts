/**
 * The interface `wasi-mmap:mmap/span`: pages of files in the memory of guests that V8 runs.
 *
 * What V8 has to offer for that: memory that stays where it is. It does where V8 catches accesses out of bounds by the
 * addresses behind a memory, all of which are reserved then (`--disable-wasm-trap-handler` turns that off).
 */
import type * as Bindings from '../bindings/interfaces/wasi-mmap-mmap-span.js';
import { MmapError } from '../errors.js';
import { hasGuardRegion, spanGranularity, unnoticedFaults, type NativeSpan } from '../node/native.js';
import { createHandle, repOf, Reps, type Table } from './handles.mjs';
import { lookUp, type Mapping } from './mapping.mjs';

/** What V8 reserves for a memory of 32-bit addresses: an address and a constant offset can reach that far. */
const REACH = 2 ** 33;

/** What jco tells a function of a guest. */
export interface SpanGuest {
  readonly memory: WebAssembly.Memory;
  readonly resourceTables: [Readonly<Table>, Table];
}

/** A span, and what its pages lie in, which stays alive as long as they lie there. */
interface Attached {
  readonly backend: NativeSpan;
  readonly memory: WebAssembly.Memory;
  readonly address: number;
  readonly length: number;
  readonly guest: Set<number>;
}

const reps = new Reps<Attached>();

/**
 * The reps of the spans of each guest, by the table that it drops them through. Once that is garbage, nobody can drop
 * them: then the host does.
 */
const guests = new WeakMap<Table, Set<number>>();
const collected = new FinalizationRegistry<Set<number>>((spans) => {
  for (const rep of spans) detach(rep); // What is taken out of a set while it is gone through, is no harm.
});

function spansOf(table: Table): Set<number> {
  let spans = guests.get(table);
  if (!spans) {
    spans = new Set();
    guests.set(table, spans);
    collected.register(table, spans);
  }
  return spans;
}

function detach(rep: number): void {
  const attached = reps.get(rep);
  if (!attached) return;
  const { backend, memory, address, length, guest } = attached;
  reps.release(rep);
  guest.delete(rep);
  backend.detach(new Uint8Array(memory.buffer, address, length));
}

/**
 * Detaches all spans in the process, when no guest will run any more, and tells whether one of them had lost pages and no
 * guest was told: it has read zeros there, or lost what it stored.
 */
export function endSpans(): boolean {
  for (const rep of reps.all()) detach(rep);
  return unnoticedFaults() > 0;
}

/** Whether memories stay where they are in this process: settled once. */
let fixed: boolean | undefined;

function memoriesAreFixed(): boolean {
  try {
    // A single memory could have something else behind it. Two of a page each cannot, if nothing is reserved for them.
    const probes = [1, 2, 3].map(() => new WebAssembly.Memory({ initial: 1, maximum: 1 }));
    return probes.every(({ buffer }) => hasGuardRegion(buffer, REACH));
  } catch {
    return false; // There are no addresses for that.
  }
}

/** The memories that were looked at: whether pages can lie in them. */
const suitable = new WeakMap<WebAssembly.Memory, boolean>();

function isSuitable(memory: WebAssembly.Memory): boolean {
  let result = suitable.get(memory);
  if (result === undefined) {
    const { buffer } = memory;
    // What threads share can be in use while pages change, and outlives the thread that would clean up. Memory of 64-bit
    // addresses may have nothing reserved behind it.
    result = buffer instanceof ArrayBuffer && hasGuardRegion(buffer, REACH);
    suitable.set(memory, result);
  }
  return result;
}

function granularity(): number | undefined {
  if (spanGranularity === 0) return undefined;
  fixed ??= memoriesAreFixed();
  return fixed ? spanGranularity : undefined;
}

/** Attaches, and returns the guest's handle. The region is not of this guest's memory: a RangeError. */
export function attachLowered(
  { memory, resourceTables: [mappings, spans] }: SpanGuest,
  handle: number,
  offset: bigint,
  address: number,
  length: number,
): number {
  const mapping = lookUp(mappings, handle);
  const region = new Uint8Array(memory.buffer, address, length);
  if (granularity() === undefined || !isSuitable(memory)) {
    throw new MmapError('unsupported', 'the memory of this guest could move');
  }
  const guest = spansOf(spans);
  const rep = reps.take({ backend: mapping.attach(offset, region), memory, address, length, guest });
  guest.add(rep);
  return createHandle(spans, rep);
}

/** The span behind a handle of a guest's. A handle that the guest does not hold is a TypeError, and so a trap. */
export function lookUpSpan(table: Readonly<Table>, handle: number): NativeSpan {
  const attached = reps.get(repOf(table, handle));
  if (!attached) throw new TypeError(`no span has the handle ${handle}`);
  return attached.backend;
}

/** jco asks for the memory only where a guest was transpiled for it; other guests' lists are copied on the way. */
function attach(_mapping: Mapping, _offset: bigint, _region: Uint8Array): Span {
  // oxlint-disable-next-line typescript/only-throw-error -- jco's convention
  throw 'unsupported';
}

function onlyLowered(): never {
  throw new TypeError('spans are called with the memory of their guest');
}

/** The resource. A guest has it by its rep alone: there are no objects of this class. */
export class Span implements Bindings.Span {
  private constructor() {}

  flush(_offset: bigint, _length: bigint): void {
    onlyLowered();
  }

  advise(_offset: bigint, _length: bigint, _advice: Bindings.Advice): void {
    onlyLowered();
  }

  faulted(): boolean {
    return onlyLowered();
  }

  /** jco calls it when a guest drops a span. */
  static [Symbol.for('cabiDispose')](rep: number): void {
    detach(rep);
  }
}

/** The interface as jco wants it: `--map 'wasi-mmap:mmap/*=wasi-mmap/host#*'` takes the export of its name. */
export const span = { Span, attach, granularity };

span satisfies Omit<typeof Bindings, 'Span' | 'attach' | 'default'> & { Span: { prototype: Bindings.Span } };
