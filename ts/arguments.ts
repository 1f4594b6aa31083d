/** Conversion and checks of arguments, for everything that takes them from a caller. */
import { MmapError, type ErrorCode } from './errors.js';

/** Bytes to store or to look for. A string stands for its UTF-8. */
export type Bytes = string | ArrayBufferView | ArrayBufferLike;

const encoder = new TextEncoder();

/** Rejects with a TypeError what is not of one of the types that `expected` names. */
export function wrongType(name: string, expected: string, value: unknown): never {
  throw new TypeError(`${name} must be ${expected}, not ${value === null ? 'null' : typeof value}`);
}

function isBuffer(value: unknown): value is ArrayBufferLike {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

/** The bytes of a value, without a copy where it has some. */
export function toBytes(value: Bytes, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return encoder.encode(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isBuffer(value)) return new Uint8Array(value);
  return wrongType(name, 'a string, an ArrayBuffer or a view of one', value);
}

/** A number or bigint as a number; NaN and fractions pass. */
export function toNumber(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return wrongType(name, 'a number or bigint', value);
}

/** A whole number from -(2^53-1) to 2^53-1. */
export function toInteger(value: unknown, name: string, code: ErrorCode): number {
  const number = toNumber(value, name);
  if (!Number.isSafeInteger(number)) throw new MmapError(code, `${name} is ${number}, not a whole number below 2^53`);
  return number;
}

/** A size or position in bytes: a whole number from 0 to 2^53-1. */
export function toSize(value: unknown, name: string, code: ErrorCode): number {
  const number = toInteger(value, name, code);
  if (number < 0) throw new MmapError(code, `${name} is negative: ${number}`);
  return number;
}

/** An index of an array-like method, by TypedArray's rules: fractions are cut, NaN is 0, any size is allowed. */
export function toIndex(value: unknown, name: string): number {
  const number = Math.trunc(toNumber(value, name));
  return Number.isNaN(number) ? 0 : number;
}

/** An index relative to the end if negative, brought into 0..length: the rule of `slice` and of Python's slices. */
export function toPosition(value: unknown, length: number, absent: number, name: string): number {
  if (value === undefined) return absent;
  const index = toIndex(value, name);
  return index < 0 ? Math.max(index + length, 0) : Math.min(index, length);
}

/** A byte by TypedArray's rule: modulo 256. */
export function toByte(value: unknown, name: string): number {
  return toIndex(value, name) & 0xff;
}
