/**
 * `read` and `write` with one copy, directly between the mapped pages and the memory of the guest, and `find` and `rfind`
 * without a copy.
 *
 * With `--import-bindings hybrid`, jco looks for `Symbol.for('cabiLower')` on a host function, and calls it once with the
 * guest's memory. The guest gets the returned function, in place of one that copies lists. Its arguments are those of the
 * component model's canonical ABI: an i64 as a signed bigint, and the address of the result as the last one.
 */
import type { ErrorCode } from '../bindings/interfaces/wasi-mmap-mmap-mapping.js';
import { ADVICES } from '../backend.js';
import type { Table } from './handles.mjs';
import { lookUp, Mapping, toErrorCode } from './mapping.mjs';
import { countError } from './metrics.mjs';
import { attachLowered, lookUpSpan, span, type SpanGuest } from './span.mjs';

const LOWER = Symbol.for('cabiLower');

interface Memory {
  readonly memory: { readonly buffer: ArrayBufferLike };
}

interface Guest extends Memory {
  readonly realloc: (old: number, oldSize: number, align: number, size: number) => number;
  readonly resourceTables: [Readonly<Table>];
}

interface SpanUser extends Memory {
  readonly resourceTables: [Readonly<Table>];
}

/** The numbers of error-codes in memory: their order in the contract. */
const ERROR_NUMBERS: Readonly<Record<ErrorCode, number>> = {
  'access-denied': 0,
  'bad-descriptor': 1,
  'empty-file': 2,
  'past-end': 3,
  'invalid-argument': 4,
  'read-only': 5,
  'out-of-range': 6,
  'not-resizable': 7,
  busy: 8,
  fault: 9,
  'no-memory': 10,
  'no-space': 11,
  unsupported: 12,
  io: 13,
};

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** A u64 as a number: exact below 2^53, rounded above. */
const toNumber = (value: bigint): number => Number(value < 0n ? u64(value) : value);

/** A part of the guest's memory. Make it anew for each call, because growing replaces the buffer. A RangeError outside. */
function bytesAt({ memory }: Memory, address: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, address >>> 0, length);
}

function storeError(guest: Memory, result: number, errorAt: number, error: unknown): void {
  const code = toErrorCode(error);
  if (typeof code !== 'string') throw error;
  const view = new DataView(guest.memory.buffer);
  view.setUint8(result >>> 0, 1);
  view.setUint8((result >>> 0) + errorAt, ERROR_NUMBERS[code as ErrorCode]);
}

function lowerRead(guest: Guest) {
  const [table] = guest.resourceTables;
  return (handle: number, offset: bigint, length: bigint, result: number): void => {
    try {
      const start = toNumber(offset);
      const count = toNumber(length);
      lookUp(table, handle).requireReadable(start, count);
      const address = guest.realloc(0, 0, 1, count) >>> 0;
      // `realloc` runs code of the guest, which may have dropped or resized the mapping: look it up and check it again.
      lookUp(table, handle).readInto(start, bytesAt(guest, address, count));
      const view = new DataView(guest.memory.buffer);
      view.setUint8(result >>> 0, 0);
      view.setUint32((result >>> 0) + 4, address, true);
      view.setUint32((result >>> 0) + 8, count, true);
    } catch (error) {
      storeError(guest, result, 4, error);
    }
  };
}

function lowerWrite(guest: Guest) {
  const [table] = guest.resourceTables;
  return (handle: number, offset: bigint, address: number, length: number, result: number): void => {
    try {
      lookUp(table, handle).writeFrom(u64(offset), bytesAt(guest, address, length >>> 0));
      new DataView(guest.memory.buffer).setUint8(result >>> 0, 0);
    } catch (error) {
      storeError(guest, result, 1, error);
    }
  };
}

function lowerSearch(search: 'searchForward' | 'searchBackward') {
  return (guest: Guest) => {
    const [table] = guest.resourceTables;
    return (handle: number, needle: number, length: number, start: bigint, end: bigint, result: number): void => {
      try {
        const found = lookUp(table, handle)[search](bytesAt(guest, needle, length >>> 0), u64(start), u64(end));
        const view = new DataView(guest.memory.buffer);
        view.setUint8(result >>> 0, 0);
        view.setUint8((result >>> 0) + 8, found === undefined ? 0 : 1);
        if (found !== undefined) view.setBigUint64((result >>> 0) + 16, BigInt(found), true);
      } catch (error) {
        storeError(guest, result, 8, error);
      }
    };
  };
}

function lowerAttach(guest: SpanGuest) {
  return (handle: number, offset: bigint, address: number, length: number, result: number): void => {
    try {
      const attached = attachLowered(guest, handle, u64(offset), address >>> 0, length >>> 0);
      const view = new DataView(guest.memory.buffer);
      view.setUint8(result >>> 0, 0);
      view.setUint32((result >>> 0) + 4, attached, true);
    } catch (error) {
      storeError(guest, result, 4, error);
    }
  };
}

function lowerSpanFlush(guest: SpanUser) {
  const [table] = guest.resourceTables;
  return (handle: number, offset: bigint, length: bigint, result: number): void => {
    try {
      lookUpSpan(table, handle).flush(u64(offset), u64(length));
      new DataView(guest.memory.buffer).setUint8(result >>> 0, 0);
    } catch (error) {
      storeError(guest, result, 1, error);
    }
  };
}

function lowerSpanAdvise(guest: SpanUser) {
  const [table] = guest.resourceTables;
  return (handle: number, offset: bigint, length: bigint, advice: number, result: number): void => {
    try {
      const expected = ADVICES[advice];
      if (expected === undefined) throw new TypeError(`no advice is ${advice}`);
      lookUpSpan(table, handle).advise(u64(offset), u64(length), expected);
      new DataView(guest.memory.buffer).setUint8(result >>> 0, 0);
    } catch (error) {
      storeError(guest, result, 1, error);
    }
  };
}

function lowerFaulted({ resourceTables: [table] }: Pick<SpanUser, 'resourceTables'>) {
  return (handle: number): number => {
    const faulted = lookUpSpan(table, handle).faulted();
    if (faulted) countError('fault');
    return faulted ? 1 : 0;
  };
}

/** Offers these functions to guests that are transpiled for them. */
export function offerLowered(): void {
  const ofMapping = {
    read: lowerRead,
    write: lowerWrite,
    find: lowerSearch('searchForward'),
    rfind: lowerSearch('searchBackward'),
  } as const;
  for (const [name, value] of Object.entries(ofMapping)) {
    Object.defineProperty(Mapping.prototype[name as keyof typeof ofMapping], LOWER, { value });
  }
  const ofSpan = { flush: lowerSpanFlush, advise: lowerSpanAdvise, faulted: lowerFaulted } as const;
  for (const [name, value] of Object.entries(ofSpan)) {
    Object.defineProperty(span.Span.prototype[name as keyof typeof ofSpan], LOWER, { value });
  }
  Object.defineProperty(span.attach, LOWER, { value: lowerAttach });
}
