// Mappings handed to the functions of the platform, and values of other realms handed to mappings: bytes, or an error.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inspect, isDeepStrictEqual } from 'node:util';
import { createContext, runInContext } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import { test as everywhere } from 'uvu';
import * as assert from 'uvu/assert';
import { mmap, type Access } from 'wasi-mmap';
import { inRuntimes, newFile, throwsCode, throwsTypeError } from './support.mjs';

const test = inRuntimes(everywhere);

const TEXT = 'hello world';
const ACCESSES: readonly Access[] = ['read', 'write', 'copy'];

test('refusals: what would take a mapping for text, a number or an object without bytes', async () => {
  for (const access of ACCESSES) {
    const map = mmap(newFile(TEXT), 0, access);
    const other = mmap(newFile('another one'), 0, access);
    const { port1, port2 } = new MessageChannel();
    const refused: Array<() => unknown> = [
      () => new Blob([map as never]),
      () => new File([map as never], 'name'),
      () => new Response(map as never),
      () => new Request('http://localhost/', { method: 'POST', body: map as never }),
      () => new FormData().append('name', map),
      () => new TextEncoder().encode(map as never),
      () => Buffer.alloc(4, map as never),
      () => `x${map as unknown as string}`,
      () => String(map),
      () => (map as never) + '',
      () => Number(map),
      () => structuredClone(map),
      () => structuredClone({ deep: [map] }),
      () => port1.postMessage(map),
      // oxlint-disable-next-line typescript/no-misused-spread -- it is refused
      () => ({ ...map }),
      () => Object.assign({}, map),
      () => Object.entries(map),
      () => isDeepStrictEqual(map, other),
    ];
    for (const call of refused) throwsTypeError(call, `${access}: ${String(call)}`);
    port1.close();
    port2.close();
    assert.is(
      await fetch('data:,x', { method: 'POST', body: map as never }).then(
        () => 'sent',
        () => 'refused',
      ),
      'refused',
    );
    assert.is(new TextDecoder().decode(map.slice()), TEXT);
  }
});

test('indices', () => {
  const file = newFile(TEXT);
  const map = mmap(file, 0, 'write');
  assert.equal([map[0], map[10], map[11], map[2 ** 53]], [104, 100, undefined, undefined]);
  const odd = map as unknown as Record<string, unknown>;
  for (const key of ['-1', '-0', '1.5', 'NaN', 'Infinity', '01', '1e3']) assert.is(odd[key], undefined, key);
  map[0] = 72;
  map[1] = 256 + 69;
  assert.is(readFileSync(file, 'latin1'), 'HEllo world');
  for (const key of ['11', '-1', '-0', '1.5', 'NaN', 'Infinity', '9007199254740992']) {
    throwsCode(() => (odd[key] = 1), 'out-of-range', key);
  }
  for (const value of ['1', undefined, null, {}]) throwsTypeError(() => (odd['0'] = value), typeof value);
  odd['01'] = 'a property';
  odd['name'] = 'another';
  assert.equal([odd['01'], odd['name'], '01' in map, 'nothing' in map], ['a property', 'another', true, false]);
  assert.equal([0 in map, (-1) in map, 1.5 in map], [true, false, false]);
  assert.is(readFileSync(file, 'latin1'), 'HEllo world');
});

test('indices of what may not be changed, and of a closed mapping', () => {
  const file = newFile(TEXT);
  const read = mmap(file, 0, 'read');
  throwsCode(() => (read[0] = 1), 'read-only');
  const copy = mmap(file, 0, 'copy');
  copy[0] = 72;
  assert.equal([copy[0], read[0]], [72, 104]);
  copy.close();
  throwsCode(() => copy[0], 'closed');
  throwsCode(() => (copy[0] = 1), 'closed');
});

test('other objects have no bytes: the prototype, what inherits from a mapping, and a Proxy of one', () => {
  const map = mmap(newFile(TEXT));
  const { prototype } = Object.getPrototypeOf(map).constructor as { prototype: object };
  for (const other of [prototype, Object.create(map), new Proxy(map, {})] as Array<Record<string, unknown>>) {
    throwsTypeError(() => other['0']);
    throwsTypeError(() => (other['0'] = 72));
    throwsTypeError(() => Buffer.from(other as never));
  }
  assert.is(inspect(new Proxy(map, {})), 'Mmap {}');
  assert.is(map[0], 104);
});

test('functions that take an array-like get the bytes', () => {
  const map = mmap(newFile(TEXT), 0, 'read');
  const target = new Uint8Array(11);
  target.set(map);
  const call = <T,>(method: (...args: never[]) => T, ...args: unknown[]): T => method.apply(map, args as never[]);
  const array: Record<string, unknown> = {
    from: Buffer.from(map),
    set: target,
    typed: new Uint8Array(map),
    clamped: new Uint8ClampedArray(map),
    of: Uint8Array.from(map),
    array: Array.from(map),
    spread: [...map],
    // oxlint-disable-next-line unicorn/prefer-spread -- the method is what is tested
    slice: call(Array.prototype.slice),
    mapped: call(Array.prototype.map, (byte: number) => byte),
    apply: Array.of.apply(null, map as never),
  };
  for (const [name, bytes] of Object.entries(array)) {
    assert.is(Buffer.from(bytes as Uint8Array).toString(), TEXT, name);
  }
  assert.is(call(Array.prototype.indexOf, 119), 6);
  assert.is(call(Array.prototype.lastIndexOf, 108), 9);
  assert.is(call(Array.prototype.includes, 33), false);
  assert.is(call(Array.prototype.join, ' ').split(' ').length, 11);
  throwsCode(() => call(Array.prototype.push, 1), 'read-only');
});

test('a mapping stored in another one, and in itself', () => {
  const [from, to] = [mmap(newFile(TEXT), 0, 'read'), mmap(null, 20)];
  to.set(from, 5);
  assert.is(Buffer.from(to.slice(5, 16)).toString(), TEXT);
  to.set(mmap(newFile('ab'), 0, 'copy'), 18);
  throwsCode(() => to.set(from, 10), 'out-of-range');
  from.close();
  throwsCode(() => to.set(from), 'closed');
  assert.equal(to.slice(16), Uint8Array.of(0, 0, 97, 98));
  to.set(to);
  assert.is(Buffer.from(to.slice(5, 16)).toString(), TEXT);
});

test('inspection and JSON say what a mapping is', () => {
  const map = mmap(newFile(TEXT), { offset: 2, length: 5, access: 'read' });
  assert.is(inspect({ map }), "{ map: Mmap { access: 'read', length: 5, position: 0, offset: 2 } }");
  assert.is(JSON.stringify({ map }), '{"map":{"access":"read","offset":2,"closed":false}}');
  map.close();
  assert.is(JSON.stringify(map), '{"access":"read","offset":2,"closed":true}');
});

/** Values that other code made: Jest, jsdom and vm run programs in realms of their own. */
const realm = createContext({});
const foreign = (code: string): never => runInContext(code, realm) as never;

test('bytes of another realm', () => {
  const fresh = (): ReturnType<typeof mmap> => mmap(newFile(TEXT), 0, 'copy');
  for (const bytes of [
    'Uint8Array.of(72, 69)',
    'Uint8Array.of(72, 69).buffer',
    'new DataView(Uint8Array.of(72, 69).buffer)',
    'new DataView(Uint8Array.of(0, 72, 69, 0).buffer, 1, 2)',
    'Uint16Array.of(72, 69)',
    '[72, 69]',
    '({ length: 2, 0: 72, 1: 69 })',
    'Float32Array.of(72, 69)',
    'const shared = new Uint8Array(new SharedArrayBuffer(2)); shared.set([72, 69]); shared.buffer',
  ]) {
    const map = fresh();
    map.set(foreign(bytes.startsWith('const') ? bytes : `(${bytes})`));
    assert.is(Buffer.from(map.slice()).toString(), 'HEllo world', bytes);
  }
  for (const bytes of [
    'Uint8Array.of(119, 111)',
    'Uint8Array.of(119, 111).buffer',
    'new DataView(Uint8Array.of(119, 111).buffer)',
  ]) {
    assert.is(fresh().find(foreign(bytes)), 6, bytes);
    assert.is(fresh().indexOf(foreign(bytes)), 6, bytes);
    assert.is(fresh().write(foreign(bytes)), 2, bytes);
  }
  const target: Uint8Array = foreign('new Uint8Array(4)');
  assert.equal([fresh().readInto(target), ...target], [4, 104, 101, 108, 108]);
});

test('a URL and options of another realm', () => {
  const file = newFile(TEXT);
  const { href } = pathToFileURL(file);
  const url = foreign(`({ href: ${JSON.stringify(href)}, protocol: 'file:' })`) as URL;
  assert.is(mmap(url, 0, 'read').length, 11);
  assert.is(mmap(url, foreign('({ access: "read", length: 5n })')).length, 5);
  assert.throws(() => mmap(new URL('http://localhost/')), /must be of scheme file/);
  for (const other of ['({})', '({ href: 1 })', '[]', '(() => 0)']) throwsTypeError(() => mmap(foreign(other)), other);
});

test('an error of the engine in another realm is an error of ours', () => {
  const map = mmap(null, 4);
  throwsCode(() => map.set(foreign('new Uint8Array(5)')), 'out-of-range');
});

test.run();
