/** Values that run code when they are inspected, or that are not what they seem. */
import type { Mmap } from 'wasi-mmap';

export type Act = () => unknown;

interface Trap {
  /** The action of the value's code. */
  act: Act;
  /** Collects everything that the code gets. */
  keep: (thing: unknown) => void;
  /** The mapping that gets the value as an argument. */
  map: Mmap;
}

type Make = (trap: Trap) => unknown;

/** A class of bytes, buffers or views, all of whose members act and keep what they get. */
function evil(base: unknown, { act, keep }: Trap, ...args: unknown[]): unknown {
  const Base = base as new (...args: unknown[]) => object;
  class Evil extends Base {
    static get [Symbol.species](): unknown {
      act();
      return function (...given: unknown[]) {
        given.forEach(keep);
        act();
        return new Base(...given);
      };
    }
  }
  const seen = new Set<PropertyKey>(['constructor']);
  for (
    let proto = Base.prototype as object;
    proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto) as object
  ) {
    for (const name of Reflect.ownKeys(proto)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const original = Object.getOwnPropertyDescriptor(proto, name);
      const run = (self: unknown, given: unknown[]): void => {
        given.forEach(keep);
        keep(self);
        act();
      };
      if (original?.get) {
        Object.defineProperty(Evil.prototype, name, {
          get(this: unknown) {
            run(this, []);
            return original.get?.call(this) as unknown;
          },
        });
      } else if (typeof original?.value === 'function') {
        Object.defineProperty(Evil.prototype, name, {
          value(this: unknown, ...given: unknown[]) {
            run(this, given);
            return (original.value as (...given: unknown[]) => unknown).apply(this, given);
          },
        });
      }
    }
  }
  return new Evil(...args);
}

/** A Proxy whose traps act. */
function proxy<T extends object>(target: T, { act, keep }: Trap): T {
  return new Proxy(target, {
    get(object, name) {
      act();
      const value = Reflect.get(object, name, object) as unknown;
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        given.forEach(keep);
        act();
        return Reflect.apply(value, object, given) as unknown;
      };
    },
    has(object, name) {
      act();
      return Reflect.has(object, name);
    },
    getPrototypeOf(object) {
      act();
      return Reflect.getPrototypeOf(object);
    },
  });
}

type Resizable = ArrayBuffer & { resize(length: number): void };
const resizable = (length: number): Resizable =>
  new (ArrayBuffer as never as new (length: number, options: object) => Resizable)(length, { maxByteLength: 100 });

function detached(): Uint8Array {
  const bytes = new Uint8Array(5);
  structuredClone(bytes, { transfer: [bytes.buffer] });
  return bytes;
}

export const HOSTILE: Readonly<Record<string, Make>> = {
  'converted by valueOf': ({ act }) => ({ valueOf: () => (act(), 5) }),
  'converted by toString': ({ act }) => ({ toString: () => (act(), '5'), valueOf: null }),
  'converted by toPrimitive': ({ act }) => ({ [Symbol.toPrimitive]: () => (act(), 5) }),
  'a boxed number': ({ act }) => Object.assign(Object(5) as object, { valueOf: () => (act(), 5) }),
  'a boxed string': () => Object('buffer') as unknown,
  'the name of a property': () => 'buffer',
  'a longer name': () => 'constructor',
  'a number in a string': () => '5',
  'a symbol': () => Symbol.iterator,
  'a function': ({ act }) => Object.assign(() => act(), { valueOf: act }),
  null: () => null,
  'an object': () => ({}),
  'an object without a prototype': () => Object.create(null) as unknown,
  'a fraction': () => 0.5,
  NaN: () => NaN,
  'minus zero': () => -0,
  infinity: () => Infinity,
  'minus infinity': () => -Infinity,
  'a large number': () => 2 ** 53,
  'a negative number': () => -1,
  'a bigint': () => 5n,
  'a large bigint': () => 2n ** 64n,
  'bytes of a class': (trap) => evil(Uint8Array, trap, 10),
  'bytes of a class over mapped memory': (trap) => {
    const view = trap.map.view(0, 50);
    return evil(Uint8Array, trap, view.buffer, 0, 50);
  },
  'words of a class': (trap) => evil(Uint16Array, trap, 10),
  'a buffer of a class': (trap) => evil(ArrayBuffer, trap, 10),
  'shared memory of a class': (trap) => evil(SharedArrayBuffer, trap, 10),
  'a DataView of a class': (trap) => evil(DataView, trap, new ArrayBuffer(10)),
  'an array of a class': (trap) => evil(Array, trap, 1, 2, 3),
  'bytes with properties of their own': ({ act, keep }) =>
    Object.defineProperties(new Uint8Array(10), {
      length: { get: () => (act(), 1000) },
      constructor: { get: () => (act(), Array) },
      set: { value: (bytes: unknown) => (keep(bytes), act()) },
      subarray: { value: (bytes: unknown) => (keep(bytes), act()) },
    }),
  'bytes without a prototype': () => Object.setPrototypeOf(new Uint8Array(10), null) as unknown,
  'a prototype of bytes': () => Object.create(Uint8Array.prototype) as unknown,
  'a proxy of bytes': (trap) => proxy(new Uint8Array(10), trap),
  'a proxy of a buffer': (trap) => proxy(new ArrayBuffer(10), trap),
  'a proxy of an array': (trap) => proxy([1, 2, 3], trap),
  'a proxy of the mapping': (trap) => proxy(trap.map, trap),
  'an array-like with a getter': ({ act }) => ({
    length: 2,
    get 0(): number {
      act();
      return 1;
    },
    1: 1,
  }),
  'an array-like whose length acts': ({ act }) => ({
    get length(): number {
      act();
      return 3;
    },
  }),
  'an array-like with a negative length': () => ({ length: -1 }),
  'an iterable': ({ act }) => ({
    length: 1,
    *[Symbol.iterator]() {
      act();
      yield 1;
      act();
      yield 2;
    },
  }),
  'an array of objects': ({ act }) => [{ valueOf: () => (act(), 1) }, { [Symbol.toPrimitive]: () => (act(), 2) }],
  'detached bytes': () => detached(),
  'a detached buffer': () => detached().buffer,
  'bytes of a buffer that shrank': () => {
    const buffer = resizable(50);
    const bytes = new Uint8Array(buffer, 10, 10);
    buffer.resize(5);
    return bytes;
  },
  'bytes whose buffer shrinks when asked': ({ act }) => {
    const buffer = resizable(50);
    return Object.defineProperty(new Uint8Array(buffer), 'length', {
      get: () => {
        buffer.resize(1);
        act();
        return 50;
      },
    });
  },
  'shared bytes': () => new Uint8Array(new SharedArrayBuffer(5)),
  'a view of the mapping': ({ map }) => map.view(1, 21),
  'the buffer of a view': ({ map }) => map.view(1, 21).buffer,
  'the mapping itself': ({ map }) => (map.length > 100_000 ? 'x' : map),
};
