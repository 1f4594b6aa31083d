// Programs that re-enter: the code of their arguments closes or resizes the mapping, or keeps what it gets. They get an error
// or a correct result, and never memory that is unmapped later.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Mmap, mmap, MmapError } from 'wasi-mmap';
import { HOSTILE, type Act } from './hostile.mjs';
import { newFile, pattern, POSIX, throwsTypeError } from './support.mjs';

const SIZE = 70_001;
const BYTES = pattern(SIZE);
const ACCESSES = ['read', 'write', 'copy'] as const;
type Any = never; // These tests pass values that the types forbid.

/** Every method, with valid arguments: the tests replace each argument by hostile ones. */
const CALLS: Record<string, unknown[]> = {
  read: [5],
  readInto: [new Uint8Array(5)],
  readByte: [],
  readLine: [],
  lines: [],
  write: ['x'],
  writeByte: [1],
  seek: [5, 0],
  tell: [],
  flush: [0, 5],
  startFlush: [0, 5],
  resize: [SIZE],
  move: [0, 5, 5],
  find: ['x', 0, 5],
  rfind: ['x', 0, 5],
  advise: ['random', 0, 5],
  populate: [0, 5],
  resident: [0, 5],
  mlock: [],
  munlock: [],
  at: [5],
  set: ['x', 5],
  slice: [5, 9],
  view: [5, 9, Buffer],
  subarray: [5, 9],
  indexOf: ['x', 5],
  lastIndexOf: ['x', 5],
  includes: ['x', 5],
  fill: [1, 5, 9],
  copyWithin: [0, 5, 9],
  size: [],
  toString: [],
  toJSON: [],
  close: [],
};
const SYMBOLS = [
  Symbol.iterator,
  Symbol.dispose ?? Symbol.for('dispose'),
  Symbol.toPrimitive,
  Symbol.for('nodejs.util.inspect.custom'),
];
const GETTERS = ['length', 'access', 'offset', 'closed', 'promises'];

class Thrown extends Error {}

/** The actions of an argument's code on the mapping. */
const ACTS: Record<string, (map: Mmap) => Act> = {
  nothing: () => () => {},
  close: (map) => () => map.close(),
  shrink: (map) => () => map.access === 'write' && !map.closed && POSIX && map.resize(10),
  grow: (map) => () => map.access === 'write' && !map.closed && map.resize(SIZE * 4),
  throw: () => () => {
    throw new Thrown();
  },
};

/** A mapping that already accesses its bytes directly, or does not yet. */
function open(access: (typeof ACCESSES)[number], warm: boolean): Mmap {
  const map = mmap(newFileOf(access), 0, access);
  if (warm) for (let index = 0; index < 100; index += 1) map.at(index);
  return map;
}

const paths = new Map<string, string>();
function newFileOf(access: string): string {
  if (access === 'write') return newFile(BYTES);
  const path = paths.get(access) ?? newFile(BYTES);
  paths.set(access, path);
  return path;
}

test('the table has every method', () => {
  const names = Object.getOwnPropertyNames(Mmap.prototype).filter((name) => name !== 'constructor');
  assert.equal(names.sort(), [...Object.keys(CALLS), ...GETTERS].sort());
  assert.equal(new Set(Object.getOwnPropertySymbols(Mmap.prototype)), new Set(SYMBOLS));
});

test('every method, every argument, every hostile value', () => {
  const kept: unknown[] = [];
  let calls = 0;
  let refused = 0;
  for (const access of ACCESSES) {
    for (const warm of [false, true]) {
      for (const [name, args] of Object.entries(CALLS)) {
        for (let position = 0; position < args.length; position += 1) {
          for (const [actName, actOn] of Object.entries(ACTS)) {
            let map = open(access, warm);
            for (const [valueName, make] of Object.entries(HOSTILE)) {
              if (map.closed || map.length !== SIZE) map = open(access, warm);
              const what = `${access} ${warm ? 'warm' : 'cold'} ${name}[${position}] = ${valueName}, ${actName}`;
              const value = make({ act: actOn(map), keep: (thing) => kept.push(thing), map });
              const given: unknown[] = args.map((arg, index) => (index === position ? value : arg));
              calls += 1;
              try {
                const result = (map as never as Record<string, (...args: unknown[]) => unknown>)[name]?.(...given);
                if (name === 'lines') (result as Iterator<unknown>).next();
              } catch (error) {
                refused += 1;
                assert.ok(
                  error instanceof TypeError || error instanceof MmapError || error instanceof Thrown,
                  `${what}: ${String(error)}`,
                );
              }
              if (!map.closed) assert.is(map.at(map.length - 1), map.slice(-1)[0], what);
            }
            map.close();
          }
        }
      }
    }
  }
  assert.ok(calls > 30_000 && refused > calls / 10, `${calls} calls, ${refused} refused`);
  // All memory that got out is still mapped. Read it without its own code, which still acts.
  const buffers = new Set(kept.flatMap((thing) => bufferOf(thing) ?? []));
  let sum = 0;
  for (const buffer of buffers) {
    const bytes = new Uint8Array(buffer);
    assert.ok(bytes.length < SIZE, 'all bytes of the mapping got out');
    for (const byte of bytes) sum += byte;
  }
  assert.ok(Number.isInteger(sum));
});

/** The getters that detect buffers and their views. */
const getters = [Object.getPrototypeOf(Uint8Array.prototype) as object, DataView.prototype].map((proto) =>
  Object.getOwnPropertyDescriptor(proto, 'buffer'),
);
const sizes = [ArrayBuffer.prototype, SharedArrayBuffer.prototype].map((proto) =>
  Object.getOwnPropertyDescriptor(proto, 'byteLength'),
);

/** The memory of a buffer, or of a view of one. */
function bufferOf(thing: unknown): ArrayBuffer | undefined {
  for (const property of [...getters, ...sizes]) {
    try {
      const result: unknown = property?.get?.call(thing);
      return (typeof result === 'number' ? thing : result) as ArrayBuffer;
    } catch {
      // Not of this type.
    }
  }
  return undefined;
}

test('an index is a number, and leads to a byte alone', () => {
  const map = open('read', true);
  for (const name of [
    'buffer',
    'length',
    'set',
    'constructor',
    '__proto__',
    '0',
    Symbol.iterator,
    Symbol.toStringTag,
  ]) {
    throwsTypeError(() => map.at(name as Any), String(name));
  }
  for (const number of [0.5, -0.5, NaN]) assert.is(map.at(number), BYTES[0], `${number}`);
  for (const number of [SIZE, -SIZE - 1, Infinity, -Infinity, 2 ** 53, 1e300, 2n ** 70n])
    assert.is(map.at(number), undefined);
});

/** Bytes with wrong properties. */
class Liar extends Uint8Array {
  override get length(): number {
    return 1000;
  }
  override get byteLength(): number {
    return 1000;
  }
  override get byteOffset(): number {
    return 0;
  }
  override get buffer(): ArrayBuffer {
    return new ArrayBuffer(1000);
  }
  static get [Symbol.species](): never {
    throw new Thrown();
  }
  override set(): void {
    throw new Thrown();
  }
  override subarray(): never {
    throw new Thrown();
  }
}

const liar = (...bytes: number[]): Uint8Array => {
  const buffer = new ArrayBuffer(bytes.length + 3);
  new Uint8Array(buffer, 3).set(bytes);
  return new Liar(buffer, 3);
};

test('bytes that lie about themselves are what they are', () => {
  for (const warm of [false, true]) {
    const map = open('write', warm);
    map.set(liar(200, 201, 202), 10);
    assert.equal(map.slice(9, 14), Uint8Array.of(9, 200, 201, 202, 13));
    map.seek(20);
    assert.is(map.write(liar(203, 204)), 2);
    assert.is(map.tell(), 22);
    assert.equal(map.slice(19, 23), Uint8Array.of(19, 203, 204, 22));
    assert.is(map.find(liar(203, 204), 0), 20);
    assert.is(map.lastIndexOf(liar(203, 204), 30), 20);
    const target = liar(0, 0, 0);
    map.seek(10);
    assert.is(map.readInto(target), 3);
    assert.equal([target[0], target[1], target[2], map.tell()], [200, 201, 202, 13]);
    map.seek(-2, 2);
    assert.is(map.readInto(target), 2, 'at the end');
    assert.equal([target[0], target[1], target[2]], [BYTES.at(-2), BYTES.at(-1), 202]);
    map.close();
  }
});

test('bytes of every kind of buffer', () => {
  const kinds = {
    shared: new Uint8Array(new SharedArrayBuffer(3)),
    resizable: new Uint8Array(new (ArrayBuffer as Any as ResizableConstructor)(3, { maxByteLength: 10 })),
    fixed: new Uint8Array(new (ArrayBuffer as Any as ResizableConstructor)(8, { maxByteLength: 10 }), 5, 3),
    growable: new Uint8Array(new (SharedArrayBuffer as Any as ResizableConstructor)(3, { maxByteLength: 10 })),
    pooled: Buffer.from([1, 2, 3]),
  };
  for (const [name, bytes] of Object.entries(kinds)) {
    for (const warm of [false, true]) {
      const map = open('write', warm);
      bytes.set([7, 8, 9]);
      map.set(bytes, 5);
      assert.is(map.find(bytes), 5, name);
      assert.is(map.indexOf(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + 3)), 5, name);
      bytes.fill(0);
      map.seek(5);
      assert.is(map.readInto(bytes), 3, name);
      assert.equal([...bytes], [7, 8, 9], name);
      map.close();
    }
  }
});

interface ResizableConstructor {
  new (length: number, options: { maxByteLength: number }): ArrayBuffer;
}

test('bytes that are gone are a TypeError, and change nothing', () => {
  const gone = new Uint8Array(5);
  structuredClone(gone, { transfer: [gone.buffer] });
  const buffer = new (ArrayBuffer as Any as ResizableConstructor)(10, { maxByteLength: 10 });
  const outside = new Uint8Array(buffer, 5, 5);
  (buffer as Any as { resize(length: number): void }).resize(2);
  for (const bytes of [gone, outside]) {
    for (const warm of [false, true]) {
      const map = open('write', warm);
      for (const call of [
        () => map.set(bytes),
        () => map.write(bytes),
        () => map.readInto(bytes),
        () => map.find(bytes),
        () => map.rfind(bytes),
        () => map.indexOf(bytes),
        () => map.lastIndexOf(bytes),
        () => map.includes(bytes),
      ]) {
        throwsTypeError(call, String(call));
      }
      assert.equal([map.tell(), map.slice()], [0, BYTES]);
      map.close();
    }
  }
  throwsTypeError(() => open('write', true).set(gone.buffer), 'a detached buffer');
});

test('a view of the mapping as its own argument', () => {
  for (const access of ['write', 'copy'] as const) {
    for (const warm of [false, true]) {
      const map = open(access, warm);
      map.set(map.view(0, 1000), 500);
      assert.equal(map.slice(500, 1500), BYTES.slice(0, 1000), 'set');
      map.seek(500);
      assert.is(map.readInto(map.view(100, 1100)), 1000);
      assert.equal(map.slice(100, 1100), BYTES.slice(0, 1000), 'readInto');
      map.set(map);
      assert.is(map.find(map.view(0, 100), 0), 0, 'find');
      map.close();
    }
  }
});

test('methods on objects that are no mappings', () => {
  const map = open('read', true);
  const receivers = [
    undefined,
    null,
    1,
    {},
    [],
    new Uint8Array(5),
    Mmap.prototype,
    Object.create(map),
    new Proxy(map, {}),
  ];
  const symbols = SYMBOLS.filter((symbol) => symbol !== Symbol.for('nodejs.util.inspect.custom')); // It describes all.
  for (const name of [...Object.keys(CALLS), ...symbols]) {
    const method = (Mmap.prototype as Any as Record<PropertyKey, (...args: unknown[]) => unknown>)[name];
    for (const receiver of receivers) {
      throwsTypeError(() => {
        const result = method?.call(receiver, ...(CALLS[name as string] ?? []));
        if (name === 'lines' || name === Symbol.iterator) (result as Iterator<unknown>).next();
      }, String(name));
    }
  }
  for (const name of GETTERS) {
    const property = Object.getOwnPropertyDescriptor(Mmap.prototype, name);
    for (const receiver of receivers) throwsTypeError(() => property?.get?.call(receiver) as unknown, name);
  }
});

test('a mapping over an object that is no backend does no harm', () => {
  const kept: unknown[] = [];
  const junk = [undefined, null, 0, -1, NaN, 2 ** 60, 'x', {}, [], () => 1, new Uint8Array(3), new ArrayBuffer(3), 5n];
  const Constructor = open('read', false).constructor as new (backend: unknown, offset: unknown) => Mmap;
  for (const answer of junk) {
    for (const property of junk) {
      const backend = new Proxy(
        {},
        {
          get: (_, name) => {
            if (name === 'shared') {
              return {
                faultCount: property,
                bytes: () => property,
                clean: () => true,
                byteAt: () => property,
                check() {},
              };
            }
            return (...args: unknown[]) => {
              kept.push(...args);
              return name === 'length' ? 50 : answer;
            };
          },
        },
      );
      for (const [name, args] of Object.entries(CALLS)) {
        let fake: Mmap;
        try {
          fake = new Constructor(backend, 0);
          for (let index = 0; index < 20; index += 1) fake.at(index);
        } catch {
          continue;
        }
        try {
          (fake as never as Record<string, (...args: unknown[]) => unknown>)[name]?.(...args);
        } catch (error) {
          assert.instance(error, Error);
        }
      }
    }
  }
  assert.ok(kept.length > 0);
});

test('a class of the program keeps what it gets and loses nothing', () => {
  const kept: unknown[] = [];
  class Keeper extends Mmap {
    override read(length?: number): ReturnType<Mmap['read']> {
      kept.push(length);
      return super.read(length);
    }
    override write(bytes: never): number {
      kept.push(bytes);
      this.close();
      return super.write(bytes);
    }
  }
  const map = open('write', true);
  Object.setPrototypeOf(map, Keeper.prototype);
  map.writeByte(5);
  map.readLine();
  assert.ok(kept.every((thing) => !ArrayBuffer.isView(thing) || thing.byteLength === 1));
});

test.run();
