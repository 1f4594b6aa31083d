/** Conversion and checks of the arguments of callers. */
import { MmapError, type ErrorCode } from './errors.js';
import {
  Bytes as ByteArray,
  bytesOfView,
  encode,
  isBuffer,
  isSafeInteger,
  isView,
  lengthOf,
  max,
  min,
  numberOf,
  setBytes,
  typeOf,
} from './intrinsics.js';

/** Bytes to store or to find. A string stands for its UTF-8. */
export type Bytes = string | ArrayBufferView | ArrayBufferLike;

/** Throws a TypeError: `value` has none of the types that `expected` names. */
export function wrongType(name: string, expected: string, value: unknown): never {
  throw new TypeError(`${name} must be ${expected}, not ${value === null ? 'null' : typeof value}`);
}

const NO_BYTES = new ByteArray(0);
const { trunc } = Math; // Taken when this file loads: a program can replace it later.

/** Whether this is a Uint8Array, whatever its prototypes say. */
export function isBytes(value: unknown): value is Uint8Array {
  return typeOf(value) === 'Uint8Array';
}

/** Whether this is an array of numbers, typed or not. A DataView is none. */
export function isNumbers(value: unknown): value is ArrayLike<number> {
  if (typeof value !== 'object' || value === null) return false;
  return isView(value) ? typeOf(value) !== undefined : 'length' in value;
}

/** The length of a Uint8Array. A TypeError if its buffer is detached, or has become too short for it. */
export function sizeOf(bytes: Uint8Array): number {
  const length = lengthOf(bytes);
  if (length === 0) setBytes(NO_BYTES, bytes);
  return length;
}

/** The bytes of a value, without a copy if possible. Take their length by {@link sizeOf}, for `length` may lie. */
export function toBytes(value: Bytes, name: string): Uint8Array {
  if (isBytes(value)) return value;
  if (typeof value === 'string') return encode(value);
  if (isView(value)) return bytesOfView(value);
  if (isBuffer(value)) return new ByteArray(value);
  return wrongType(name, 'a string, an ArrayBuffer or a view of one', value);
}

/** A number or bigint as a number; NaN and fractions pass. */
export function toNumber(value: unknown, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return numberOf(value);
  return wrongType(name, 'a number or bigint', value);
}

/** A whole number from -(2^53-1) to 2^53-1. */
export function toInteger(value: unknown, name: string, code: ErrorCode): number {
  const number = toNumber(value, name);
  if (!isSafeInteger(number)) throw new MmapError(code, `${name} is ${number}, not a whole number below 2^53`);
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
  const number = trunc(toNumber(value, name));
  return number === number ? number : 0; // Only NaN is not itself.
}

/** An index relative to the end if negative, limited to 0..length: the rule of `slice` and of Python's slices. */
export function toPosition(value: unknown, length: number, absent: number, name: string): number {
  if (value === undefined) return absent;
  const index = toIndex(value, name);
  if (index >= 0) return index < length ? index : length;
  return index + length > 0 ? index + length : 0;
}

/** The start of a search by Python's rule: past the end it is length + 1, where not even an empty needle is found. */
export function toSearchStart(value: unknown, length: number, absent: number): number {
  if (value === undefined) return absent;
  const index = toIndex(value, 'start');
  return index < 0 ? max(index + length, 0) : min(index, length + 1);
}

/** A byte by TypedArray's rule: modulo 256. */
export function toByte(value: unknown, name: string): number {
  return toIndex(value, name) & 0xff;
}

/** A byte or a run of bytes, as bytes. */
export function toPattern(value: number | Bytes, name: string): Uint8Array {
  if (typeof value !== 'number') return toBytes(value, name);
  const bytes = new ByteArray(1);
  bytes[0] = toByte(value, name);
  return bytes;
}
