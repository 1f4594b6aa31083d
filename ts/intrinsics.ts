/**
 * Functions of the language as they are when the library is loaded.
 *
 * Memory that is unmapped by `close()` and `resize()` must not come into the hands of a program, and a program can put
 * functions of its own in place of those of the language, or give objects that have others. So what touches that
 * memory, and what looks at objects of a caller, calls these. None of them calls code of a program, but for
 * {@link bytesFrom}.
 */
/* oxlint-disable typescript/unbound-method -- to part methods from their objects is what this file is for */
const { freeze, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;
const { bind, call } = Function.prototype;

/** A method as a function with its receiver in front. */
type Uncurried<F> = F extends (this: infer T, ...args: infer A) => infer R ? (self: T, ...args: A) => R : never;
/** Makes a function of a method, which a program cannot change any more. */
export const uncurry = bind.bind(call) as <F>(method: F) => Uncurried<F>;

/** The getter of a property, as a function that throws a TypeError for what has no such property. */
function getter(prototype: object, name: PropertyKey): (self: unknown) => unknown {
  return uncurry(getOwnPropertyDescriptor(prototype, name)?.get as (this: unknown) => unknown);
}

type NumberOf = (view: ArrayBufferView) => number;
type BufferOf = (view: ArrayBufferView) => ArrayBuffer;

const typedArray = (getPrototypeOf(Uint8Array) as Uint8ArrayConstructor).prototype;

/** The engine's own constructor. */
export const Bytes = Uint8Array;
/** `Uint8Array` of what is one, from any realm; undefined for what is no typed array. */
export const typeOf = getter(typedArray, Symbol.toStringTag) as (value: unknown) => string | undefined;
/** Of any typed array; 0 for one whose buffer is detached, or too short by now. */
export const lengthOf = getter(typedArray, 'length') as (bytes: Uint8Array) => number;
const offsetOf = getter(typedArray, 'byteOffset') as NumberOf;
const byteLengthOf = getter(typedArray, 'byteLength') as NumberOf;
export const bufferOf = getter(typedArray, 'buffer') as BufferOf;

/**
 * What stands between {@link secretBytes} and the prototypes that a program can change: who copies an array asks it for its
 * constructor, and takes the engine's own where there is none. V8 copies as fast as ever if the next prototype is
 * that of all typed arrays.
 */
const SECRET = freeze(setPrototypeOf({ constructor: undefined }, typedArray) as object);

/** An array over memory that is nobody else's, and that nobody else can be called with. */
export function secretBytes(buffer: ArrayBuffer): Uint8Array {
  const bytes = new Bytes(buffer);
  setPrototypeOf(buffer, null);
  setPrototypeOf(bytes, SECRET);
  return bytes;
}

/** Copies a typed array into another one, of the same memory too. A TypeError where one is detached. */
export const setBytes = uncurry(typedArray.set);
/** A copy. Only of {@link secretBytes}: another array may have a constructor that is called for it. */
export const sliceBytes = uncurry<(this: Uint8Array, start: number, end: number) => Uint8Array>(typedArray.slice);
export const fillBytes = uncurry<(this: Uint8Array, value: number, start: number, end: number) => Uint8Array>(
  typedArray.fill,
);

/** A new array of what any object holds that has elements: runs its code, and that of its iterator. */
export const bytesFrom = (Uint8Array.from as (source: ArrayLike<number>) => Uint8Array).bind(Uint8Array);

export const { isView } = ArrayBuffer;
const dataBuffer = getter(DataView.prototype, 'buffer') as BufferOf;
const dataOffset = getter(DataView.prototype, 'byteOffset') as NumberOf;
const dataLength = getter(DataView.prototype, 'byteLength') as NumberOf;

const sizeOfBuffer = getter(ArrayBuffer.prototype, 'byteLength');
/** Browsers hide it from pages that are not isolated. */
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

/** Whether this is an ArrayBuffer or a SharedArrayBuffer, from any realm. */
export function isBuffer(value: unknown): value is ArrayBufferLike {
  return answers(sizeOfBuffer, value) || (sizeOfShared !== undefined && answers(sizeOfShared, value));
}

/** The bytes of a view that is none of bytes. A TypeError where its buffer is detached. */
export function bytesOfView(view: ArrayBufferView): Uint8Array {
  return typeOf(view) === undefined
    ? new Bytes(dataBuffer(view), dataOffset(view), dataLength(view))
    : new Bytes(bufferOf(view), offsetOf(view), byteLengthOf(view));
}

const encoder = new TextEncoder();
const encodeWith = uncurry(TextEncoder.prototype.encode as (this: typeof encoder, text: string) => Uint8Array);
export const encode = (text: string): Uint8Array => encodeWith(encoder, text);

export const { max, min } = Math;
