/**
 * `read` and `write` with one copy, straight between the mapped pages and the memory of the guest, and `find` and `rfind`
 * without any.
 *
 * With `--import-bindings hybrid`, jco asks a host function for `Symbol.for('cabiLower')`, calls it once with the
 * guest's memory, and gives what it returns to the guest in place of a function that copies lists. Its arguments are
 * those of the component model's canonical ABI: i64 as signed bigint, and where the result goes as an address.
 */
import type { ErrorCode } from '../contract/interfaces/wasi-mmap-mmap-mapping.js';
import { lookUp } from './handles.mjs';
import { Mapping, toErrorCode } from './mapping.mjs';

const LOWER = Symbol.for('cabiLower');

interface Guest {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly realloc: (old: number, oldSize: number, align: number, size: number) => number;
  readonly resourceTables: [readonly number[]];
}

/** The numbers that error-codes have in memory: their order in the contract. */
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

/** A u64 as a number: exact below 2^53, and near it above. */
const toNumber = (value: bigint): number => Number(value < 0n ? u64(value) : value);

/** A part of the guest's memory. It is looked at anew each time: growing replaces it. Outside it, a RangeError. */
function bytesAt({ memory }: Guest, address: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, address >>> 0, length);
}

function storeError(guest: Guest, result: number, errorAt: number, error: unknown): void {
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
      // The guest ran in between, and may have dropped or resized the mapping: it is looked up and checked again.
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

/** Offers these functions to guests that are transpiled for them. */
export function offerLowered(): void {
  const lowered = {
    read: lowerRead,
    write: lowerWrite,
    find: lowerSearch('searchForward'),
    rfind: lowerSearch('searchBackward'),
  } as const;
  for (const [name, value] of Object.entries(lowered)) {
    Object.defineProperty(Mapping.prototype[name as keyof typeof lowered], LOWER, { value });
  }
}
