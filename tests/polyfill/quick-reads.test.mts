// Reads without preview2-shim's worker have the same results as its own, and end with the descriptor.
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createPolyfill } from 'wasi-mmap/polyfill';

interface Descriptor {
  openAt(at: object, path: string, open: object, flags: object): Descriptor;
  read(length: bigint, offset: bigint): [Uint8Array, boolean];
}

const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');
const drop = (descriptor: Descriptor): void => (descriptor as unknown as Disposable)[dispose]();
const folder = mkdtempSync(resolve('build', 'quick-reads-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

const wasi = new WASIShim({ sandbox: { preopens: { '/': folder } } }).getImportObject() as Record<string, object>;
const polyfill = await createPolyfill(wasi);
const preopens = wasi['wasi:filesystem/preopens'] as { getDirectories(): Array<[Descriptor, string]> };
const [root] = preopens.getDirectories()[0] as [Descriptor, string];

function open(name: string, content: string): Descriptor {
  writeFileSync(join(folder, name), content);
  return root.openAt({}, name, {}, { read: true });
}

const text = ([bytes, atEnd]: [Uint8Array, boolean]): [string, boolean] => [Buffer.from(bytes).toString(), atEnd];

test('every read answers as the first', () => {
  const descriptor = open('same', 'hello world');
  for (let count = 0; count < 10; count += 1) {
    assert.equal(text(descriptor.read(5n, 6n)), ['world', false]);
    assert.equal(text(descriptor.read(100n, 6n)), ['world', false]);
    assert.equal(text(descriptor.read(1n, 11n)), ['', true]);
    assert.equal(text(descriptor.read(0n, 0n))[0], '');
  }
  drop(descriptor);
});

test('bytes that were read do not change', () => {
  const descriptor = open('kept', 'hello world');
  for (let count = 0; count < 10; count += 1) descriptor.read(1n, 0n);
  const hello = descriptor.read(5n, 0n);
  const map = polyfill.mmap('/kept', 0, 'read');
  const world = descriptor.read(5n, 6n);
  for (let count = 0; count < 10; count += 1) map.find('d', count);
  descriptor.read(5n, 3n);
  assert.equal([hello, world].map(text), [
    ['hello', false],
    ['world', false],
  ]);
  map.close();
  drop(descriptor);
});

test('bytes that a host keeps of reads for a component do not change', () => {
  const Descriptor = Object.getPrototypeOf(root) as Descriptor;
  // oxlint-disable-next-line typescript/unbound-method -- called with its object
  const { read } = Descriptor;
  const kept: Array<[Uint8Array, boolean]> = [];
  Descriptor.read = function (this: Descriptor, length, offset) {
    const result = read.call(this, length, offset);
    kept.push(result);
    return result;
  };
  writeFileSync(join(folder, 'watched'), 'one two ');
  const map = polyfill.mmap('/watched', 0, 'read');
  const part = (index: number): string => Buffer.from(map.slice(index, index + 4)).toString();
  for (let count = 0; count < 10; count += 1) assert.equal([part(0), part(4)], ['one ', 'two ']);
  Descriptor.read = read;
  assert.ok(kept.length >= 20);
  for (const [index, result] of kept.entries()) assert.equal(text(result)[0], index % 2 ? 'two ' : 'one ');
  map.close();
});

test('a descriptor that was dropped does not read the file that has its number now', () => {
  const descriptor = open('mine', 'mine');
  for (let count = 0; count < 10; count += 1) descriptor.read(4n, 0n);
  drop(descriptor);
  writeFileSync(join(folder, 'other'), 'other');
  const others = Array.from({ length: 10 }, () => openSync(join(folder, 'other'), 'r'));
  assert.throws(
    () => descriptor.read(4n, 0n),
    (error: unknown) => error === 'bad-descriptor',
  );
  for (const fd of others) closeSync(fd);
});

test.run();
