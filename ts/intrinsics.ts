/**
 * Built-in functions of the language, taken when the library is loaded.
 *
 * A program must not get hold of memory that `close()` and `resize()` unmap. But a program can replace built-in functions,
 * and pass objects with methods of its own. So code that accesses that memory, or inspects objects of a caller, calls
 * these functions. None of them calls code of a program, except for {@link bytesFrom}.
 */
/* oxlint-disable typescript/unbound-method -- this file separates methods from their objects */
const { freeze, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;
const { bind, call } = Function.prototype;

/** A method as a function with its receiver in front. */
type Uncurried<F> = F extends (this: infer T, ...args: infer A) => infer R ? (self: T, ...args: A) => R : never;
/** Makes a function of a method. A program cannot change it. */
export const uncurry = bind.bind(call) as <F>(method: F) => Uncurried<F>;

/** The getter of a property, as a function. It throws a TypeError for an object without such a property. */
function getter(prototype: object, name: PropertyKey): (self: unknown) => unknown {
  return uncurry(getOwnPropertyDescriptor(prototype, name)?.get as (this: unknown) => unknown);
}

type NumberOf = (view: ArrayBufferView) => number;
type BufferOf = (view: ArrayBufferView) => ArrayBuffer;

const typedArray = (getPrototypeOf(Uint8Array) as Uint8ArrayConstructor).prototype;

/** The engine's own constructor. */
export const Bytes = Uint8Array;
/** The name of the class of a typed array, from any realm, such as `Uint8Array`; undefined for any other value. */
export const typeOf = getter(typedArray, Symbol.toStringTag) as (value: unknown) => string | undefined;
/** The length of any typed array; 0 if its buffer is detached, or has become too short. */
export const lengthOf = getter(typedArray, 'length') as (bytes: Uint8Array) => number;
const offsetOf = getter(typedArray, 'byteOffset') as NumberOf;
const byteLengthOf = getter(typedArray, 'byteLength') as NumberOf;
export const bufferOf = getter(typedArray, 'buffer') as BufferOf;

/**
 * The prototype of {@link secretBytes}. A copy of an array reads its `constructor`, which a program can change in the
 * built-in prototypes; here it is undefined, so the engine takes its own. V8 copies at full speed if the next prototype is
 * that of all typed arrays.
 */
const SECRET = freeze(setPrototypeOf({ constructor: undefined }, typedArray) as object);

/** An array over memory that no other code holds. No method of it finds code of a program. */
export function secretBytes(buffer: ArrayBuffer): Uint8Array {
  const bytes = new Bytes(buffer);
  setPrototypeOf(buffer, null);
  setPrototypeOf(bytes, SECRET);
  return bytes;
}

/** Copies a typed array into another one, also in the same memory. A TypeError if one is detached. */
export const setBytes = uncurry(typedArray.set);
/** Copies a part. Only for {@link secretBytes}: it calls the constructor of another array. */
export const sliceBytes = uncurry<(this: Uint8Array, start: number, end: number) => ReturnType<typeof Uint8Array.of>>(
  typedArray.slice,
);
export const fillBytes = uncurry<(this: Uint8Array, value: number, start: number, end: number) => Uint8Array>(
  typedArray.fill,
);

/** A new array of the elements of any object. It runs code of the object, and of its iterator. */
export const bytesFrom = (Uint8Array.from as (source: ArrayLike<number>) => Uint8Array).bind(Uint8Array);

export const { isView } = ArrayBuffer;
const dataBuffer = getter(DataView.prototype, 'buffer') as BufferOf;
const dataOffset = getter(DataView.prototype, 'byteOffset') as NumberOf;
const dataLength = getter(DataView.prototype, 'byteLength') as NumberOf;

const sizeOfBuffer = getter(ArrayBuffer.prototype, 'byteLength');
/** Absent in pages that are not isolated. */
const sizeOfShared =
  typeof SharedArrayBuffer === 'undefined' ? undefined : getter(SharedArrayBuffer.prototype, 'byteLength');

function answers(size: (value: unknown) => unknown, value: unknown): boolean {
  try {
    size(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether this is an ArrayBuffer, from any realm. */
export const isUnshared = (value: unknown): value is ArrayBuffer => answers(sizeOfBuffer, value);

/** Whether this is an ArrayBuffer or a SharedArrayBuffer, from any realm. */
export function isBuffer(value: unknown): value is ArrayBufferLike {
  return isUnshared(value) || (sizeOfShared !== undefined && answers(sizeOfShared, value));
}

/** The bytes of any view. A TypeError if its buffer is detached. */
export function bytesOfView(view: ArrayBufferView): Uint8Array {
  return typeOf(view) === undefined
    ? new Bytes(dataBuffer(view), dataOffset(view), dataLength(view))
    : new Bytes(bufferOf(view), offsetOf(view), byteLengthOf(view));
}

/** A part of a typed array, over the same memory. */
export const partOfBytes = (bytes: Uint8Array, start: number, length: number): Uint8Array =>
  new Bytes(bufferOf(bytes), offsetOf(bytes) + start, length);

const encoder = new TextEncoder();
const encodeWith = uncurry(TextEncoder.prototype.encode as (this: typeof encoder, text: string) => Uint8Array);
export const encode = (text: string): Uint8Array => encodeWith(encoder, text);

export const { max, min } = Math;
export const { isSafeInteger } = Number;
export const numberOf = Number;
export const textOf = String;
export const { defineProperty } = Object;
