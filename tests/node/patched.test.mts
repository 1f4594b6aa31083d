// A program that replaces built-in functions after it has loaded the library. None of its functions gets the private memory
// of a mapping, and the process survives whatever they do.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newFile, pattern, runNode } from './support.mjs';

const SIZE = 70_001; // No other buffer in the process has this size.
const newPattern = (): string => newFile(pattern(SIZE));
const path = newPattern();

/**
 * Replaces the members of built-in prototypes and constructors, and calls every method of a mapping. Each replacement keeps
 * its receiver and arguments, and runs `$act`.
 */
const PATCH = `
  import { mmap } from 'wasi-mmap';
  const { apply, ownKeys, getOwnPropertyDescriptor: describe, defineProperty: define, getPrototypeOf } = Reflect;
  const TypedArray = getPrototypeOf(Uint8Array);
  const bufferOf = describe(TypedArray.prototype, 'buffer').get;
  const sizeOf = describe(ArrayBuffer.prototype, 'byteLength').get;
  const nextOf = getPrototypeOf(getPrototypeOf((function* () {})())).next, ownSymbols = Object.getOwnPropertySymbols;
  const file = process.argv[1], access = process.argv[2], act = process.argv[3], SIZE = ${SIZE};
  const write = process.stdout.write.bind(process.stdout);
  const kept = []; let keptCount = 0, active = false, calls = 0, map, other;
  const keep = (thing) => {
    let buffer;
    try { buffer = apply(bufferOf, thing, []); } catch { buffer = thing; }
    try { if (apply(sizeOf, buffer, []) !== SIZE) return; } catch { return; }
    define(kept, keptCount++, { value: buffer });
  };
  const replaced = (self, args) => {
    if (!active) return;
    active = false;
    calls += 1;
    keep(self);
    for (let i = 0; i < args.length; i += 1) keep(args[i]);
    try {
      if (act === 'close') map.close();
      if (act === 'resize' && access === 'write') map.resize(calls % 2 ? 10 : SIZE);
      if (act === 'junk') throw 'junk';
    } finally { active = true; }
  };
  const OBJECTS = [Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Math, JSON, Reflect, Proxy, Error, TypeError,
    RangeError, Map, Set, WeakMap, WeakSet, WeakRef, FinalizationRegistry, Promise, ArrayBuffer, SharedArrayBuffer,
    DataView, TypedArray, Uint8Array, Uint32Array, TextEncoder, TextDecoder, Atomics, WebAssembly, process, globalThis, URL, Buffer,
    getPrototypeOf(getPrototypeOf([][Symbol.iterator]())), getPrototypeOf([][Symbol.iterator]())];
  const LEFT = new Set(['prototype', 'stdout', 'stderr', 'stdin', 'exitCode', 'domain', '_exiting', 'exit', 'reallyExit', 'emit', '_events']);
  const patch = (object) => {
    for (const name of ownKeys(object)) {
      const { configurable, writable, get, set, value } = describe(object, name);
      if (LEFT.has(name) || (!configurable && !writable)) continue;
      const wrap = (original) => function (...args) {
        replaced(this, args);
        return new.target ? Reflect.construct(original, args, new.target) : apply(original, this, args);
      };
      const changed = typeof value === 'function'
        ? Object.defineProperties(wrap(value), Object.getOwnPropertyDescriptors(value)) : undefined;
      if (name === 'constructor' || typeof name === 'symbol' && typeof value !== 'function' && configurable && !get) {
        define(object, name, { configurable: true, get() { replaced(this, []); return value; }, set() {} });
      } else if (changed && configurable) define(object, name, { value: changed, writable: true, configurable: true });
      else if (get && configurable) define(object, name, { get: wrap(get), set, configurable: true });
    }
  };
  const CALLS = [
    (m) => m.read(100), (m) => m.readInto(new Uint8Array(100)), (m) => m.readByte(), (m) => m.readLine(), (m) => m.write('xyz'),
    (m) => m.write(new Uint8Array(9)), (m) => m.write(new DataView(new ArrayBuffer(9))), (m) => m.writeByte(5), (m) => m.seek(5), (m) => m.tell(), (m) => m.flush(), (m) => m.move(0, 9, 9),
    (m) => m.find('abc'), (m) => m.rfind(new Uint8Array(3)), (m) => m.advise('random'), (m) => m.at(77), (m) => m.at(-1), (m) => m.at('buffer'), (m) => m.set([1, 2, 3], 5),
    (m) => m.set(new Uint8Array(9), 5), (m) => m.set(new Uint16Array(9), 5), (m) => m.set({ length: 3 }), (m) => m.set(new ArrayBuffer(5)), (m) => m.slice(1, 5), (m) => m.slice(1, 500), (m) => m.slice(), (m) => m.view(1, 500), (m) => m.indexOf(5),
    (m) => m.lastIndexOf('x'), (m) => m.includes(9), (m) => m.fill(7, 1, 900), (m) => m.copyWithin(5, 9), (m) => [...m], (m) => m.size(), (m) => m.resize(SIZE), (m) => m.length,
    (m) => { for (const line of m.lines()) break; }, (m) => String(m), (m) => mmap(file, 10, 'read').close(), (m) => m.close(),
  ];
  const maps = CALLS.flatMap(() => [true, false]).map((warm) => {
    const one = mmap(file, 0, access);
    if (warm) for (let i = 0; i < 50; i += 1) one.at(i);
    return one;
  });
  for (const object of OBJECTS) {
    patch(object);
    if (typeof object === 'function' && object.prototype) patch(object.prototype);
  }
  let done = 0;
  for (let i = 0; i < CALLS.length * 2; i += 1) {
    map = maps[i];
    active = true;
    try { CALLS[i >> 1](map); } catch {}
    active = false;
    try { map.close(); } catch {}
    done += 1;
  }
  let sum = 0;
  for (let i = 0; i < keptCount; i += 1) { const bytes = new Uint8Array(kept[i]); for (let j = 0; j < SIZE; j += 4096) sum += bytes[j]; }
  write('calls ' + (calls > 20) + ', done ' + (done === CALLS.length * 2) + ', kept ' + keptCount + '\\n');
`;

for (const access of ['read', 'write', 'copy']) {
  for (const act of ['nothing', 'close', 'resize', 'junk']) {
    test(`${access}, with functions that ${act === 'nothing' ? 'keep what they get' : act}`, () => {
      assert.is(runNode(PATCH, newPattern(), access, act), 'calls true, done true, kept 0\n');
    });
  }
}

test('the frames of an error lead to nothing', () => {
  const output = runNode(
    `
    import { mmap } from 'wasi-mmap';
    const seen = [];
    Error.prepareStackTrace = (error, frames) => {
      for (const frame of frames) seen.push(frame.getThis(), frame.getFunction());
      return 'stack';
    };
    Error.stackTraceLimit = 100;
    const map = mmap(process.argv[1], 0, 'copy');
    for (let i = 0; i < 50; i += 1) map.at(i);
    let errors = 0;
    for (const call of [() => map.move(0, 1e9, 1), () => map.set('x', 1e9), () => map.set(new Uint8Array(1e6)), () => map.resize(5),
      () => map.at('x'), () => map.flush(0, 1e9), () => mmap(process.argv[1], 1e9), () => mmap(-1)]) {
      try { call(); } catch (error) { errors += String(error.stack) === 'stack'; }
    }
    const bad = seen.filter((thing) => thing !== undefined && thing !== null && (ArrayBuffer.isView(thing) ||
      typeof thing === 'object' && typeof thing.adviseBy === 'function' || typeof thing === 'function' && /native/i.test(thing.name)));
    console.log(errors, seen.length > 8, bad.length);
  `,
    path,
  );
  assert.is(output, '8 true 0\n');
});

test('the addon is in no cache of modules', () => {
  const output = runNode(`
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    require('wasi-mmap');
    const seen = new Set();
    const found = [];
    const visit = (module) => {
      if (!module || seen.has(module)) return;
      seen.add(module);
      if (module.id.endsWith('.node') || typeof module.exports?.initialize === 'function') found.push(module.id);
      module.children.forEach(visit);
    };
    Object.values(require.cache).forEach(visit);
    console.log(seen.size > 5, found.length);
  `);
  assert.is(output, 'true 0\n');
});

test('two copies of the library have errors of their own', () => {
  const output = runNode(
    `
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);
    const one = require('wasi-mmap');
    for (const key of Object.keys(require.cache)) delete require.cache[key];
    const two = require('wasi-mmap');
    const of = ({ mmap }) => { try { mmap(process.argv[1], 1e9); } catch (error) { return [one, two].map(({ MmapError }) => error instanceof MmapError); } };
    console.log(one !== two, of(one), of(two), of(one));
  `,
    path,
  );
  assert.is(output, 'true [ true, false ] [ false, true ] [ true, false ]\n');
});

test.run();
