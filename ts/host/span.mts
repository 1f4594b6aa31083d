/** The interface `wasi-mmap:mmap/span`: pages of files in the memory of guests, where that never moves. */
import type * as Bindings from '../bindings/interfaces/wasi-mmap-mmap-span.js';
import { MmapError } from '../errors.js';
import { spanGranularity, unnoticedFaults, type NativeSpan } from '../node/native.js';
import { hasFixedMemories, isFixed, type Memory } from './engines.mjs';
import { createHandle, repOf, Reps, type Table } from './handles.mjs';
import { lookUp, type Mapping } from './mapping.mjs';
import { held } from './metrics.mjs';

/** What jco passes for a guest. */
export interface SpanGuest {
  readonly memory: Memory;
  readonly resourceTables: [Readonly<Table>, Table];
}

/** A span, and the memory that its pages lie in, which this keeps alive. */
interface Attached {
  readonly backend: NativeSpan;
  readonly memory: Memory;
  readonly address: number;
  readonly length: number;
  readonly guest: Set<number>;
}

const reps = new Reps<Attached>();

/**
 * The reps of the spans of each guest, by the table through which the guest drops them. When the table is garbage, the guest
 * cannot drop them any more: then the host detaches them.
 */
const guests = new WeakMap<Table, Set<number>>();
const collected = new FinalizationRegistry<Set<number>>((spans) => {
  for (const rep of spans) detach(rep); // `detach` deletes from the set, which a loop over it allows.
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
  held.spans.drop(length);
  backend.detach(new Uint8Array(memory.buffer, address, length));
}

/**
 * Detaches all spans in the process, when no guest will run any more.
 *
 * @returns how many spans had lost pages that no guest was told of: the guest has read zeros there, or lost its stores
 */
export function endSpans(): number {
  for (const rep of reps.all()) detach(rep);
  return unnoticedFaults();
}

function granularity(): number | undefined {
  return spanGranularity > 0 && hasFixedMemories() ? spanGranularity : undefined;
}

/** Attaches a span, and returns the guest's handle. A RangeError if the region is outside of the guest's memory. */
export function attachLowered(
  { memory, resourceTables: [mappings, spans] }: SpanGuest,
  handle: number,
  offset: bigint,
  address: number,
  length: number,
): number {
  const mapping = lookUp(mappings, handle);
  const region = new Uint8Array(memory.buffer, address, length);
  if (spanGranularity === 0 || !isFixed(memory)) {
    throw new MmapError('unsupported', 'the memory of this guest could move');
  }
  const guest = spansOf(spans);
  const rep = reps.take({ backend: mapping.attach(offset, region), memory, address, length, guest });
  guest.add(rep);
  held.spans.add(length);
  return createHandle(spans, rep);
}

/** The span of a guest's handle. A handle that the guest does not hold is a TypeError, and so a trap. */
export function lookUpSpan(table: Readonly<Table>, handle: number): NativeSpan {
  const rep = repOf(table, handle);
  const attached = reps.get(rep);
  if (!attached) throw new TypeError(`no span has the handle ${handle}`);
  const { backend, memory, address, length } = attached;
  if (!backend.isAt(new Uint8Array(memory.buffer, address, length))) {
    detach(rep);
    throw new TypeError('the memory of this guest has moved');
  }
  return backend;
}

/** Only a guest that was transpiled with `--import-bindings hybrid` passes its memory; the lists of others are copies. */
function attach(_mapping: Mapping, _offset: bigint, _region: Uint8Array): Span {
  // oxlint-disable-next-line typescript/only-throw-error -- jco's convention
  throw 'unsupported';
}

function onlyLowered(): never {
  throw new TypeError('spans are called with the memory of their guest');
}

/** The resource. A guest holds only its rep: there are no objects of this class. */
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

  /** Detaches. jco calls it when a guest drops a span. */
  static [Symbol.for('cabiDispose')](rep: number): void {
    detach(rep);
  }
}

/** The interface in the form of jco: `--map 'wasi-mmap:mmap/*=wasi-mmap/host#*'` takes the export of its name. */
export const span = { Span, attach, granularity };

span satisfies Omit<typeof Bindings, 'Span' | 'attach' | 'default'> & { Span: { prototype: Bindings.Span } };
