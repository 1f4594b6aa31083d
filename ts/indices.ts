/** Indices of a mapping, such as `map[0]`, and refusals where JavaScript would take it for an object without bytes. */
import { MmapError } from './errors.js';
import { isSafeInteger, numberOf, textOf } from './intrinsics.js';

/** How the properties of an object with this prototype, or a later one, are its bytes. */
interface Bytewise {
  /** Whether this is such an object: others, such as a Proxy of one, have no bytes to give. */
  isMapping: (value: unknown) => boolean;
  /** The byte at an index from 0, or undefined past the end. */
  load: (mapping: unknown, index: number) => number | undefined;
  store: (mapping: unknown, index: number, value: unknown) => void;
}

/** The number that a key stands for by the rule of typed arrays: exactly as JavaScript writes it. */
function indexOf(key: string | symbol): number | undefined {
  if (typeof key !== 'string') return undefined;
  if (key === '-0') return -1; // Also an index, and none of an array.
  const number = numberOf(key);
  return textOf(number) === key ? number : undefined;
}

/**
 * The prototype of a prototype: properties that nothing before it has end here. So methods cost nothing, and only indices do.
 *
 * `in` cannot know which mapping it is asked for. It says yes to every index from 0, so that the functions of Array, which ask
 * it first, see the bytes.
 */
export function bytewise({ isMapping, load, store }: Bytewise): object {
  return new Proxy(Object.freeze({}), {
    get(target, key, receiver) {
      const index = indexOf(key);
      if (index === undefined) return Reflect.get(target, key, receiver) as unknown;
      if (!isMapping(receiver)) refuseOther();
      return isSafeInteger(index) && index >= 0 ? load(receiver, index) : undefined;
    },
    set(target, key, value, receiver) {
      const index = indexOf(key);
      if (index === undefined) return Reflect.set(target, key, value, receiver);
      if (!isMapping(receiver)) refuseOther();
      if (!isSafeInteger(index) || index < 0) throw new MmapError('out-of-range', `no index ${textOf(key)}`);
      store(receiver, index, value);
      return true;
    },
    has(target, key) {
      const index = indexOf(key);
      return index === undefined ? Reflect.has(target, key) : isSafeInteger(index) && index >= 0;
    },
  });
}

const REMEDY = 'use slice() for a copy of the bytes, view() for the bytes themselves';

function refuseOther(): never {
  throw new TypeError('only a mapping itself has bytes, not a Proxy of it, nor what inherits from it');
}

/** What `Blob`, `Response` and templates ask an object for, to write it as text. */
export function refuseText(): never {
  throw new TypeError(`a mapping is not converted to text or a number: ${REMEDY}, toString() for a description`);
}

/**
 * A property of each mapping that stops whoever copies objects property by property, such as `structuredClone`: the copy
 * would be an object without bytes.
 */
export const UNCOPIED: PropertyDescriptor = {
  enumerable: true,
  get() {
    throw new TypeError(`a mapping is not copied property by property: ${REMEDY}`);
  },
};
