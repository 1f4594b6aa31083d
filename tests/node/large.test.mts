// Files over 4 GiB, sparse: mapped whole, and in views as large as the engine allows.
import { constants } from 'node:buffer';
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_VIEW_LENGTH, mmap } from 'wasi-mmap';
import { liveRegions } from '#native';
import { collectUntil, newPath, throwsCode } from './support.mjs';

const GIB = 2 ** 30;
const SIZE = 5 * GIB + 4321;
const path = newPath();

test.before(() => {
  const fd = openSync(path, 'w+');
  ftruncateSync(fd, SIZE);
  writeSync(fd, 'start', 0);
  writeSync(fd, 'boundary', 4 * GIB - 4);
  writeSync(fd, 'end', SIZE - 3);
  closeSync(fd);
});

// Windows does not remove a mapped file, nor one with a view.
test.after(async () => {
  await collectUntil(() => liveRegions() === 0);
  rmSync(path);
});

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

test('the whole file', () => {
  const map = mmap(path);
  assert.equal([map.length, map.size()], [SIZE, SIZE]);
  assert.equal([map.at(0), map.at(4 * GIB), map.at(-1)], [0x73, 0x64, 0x64]);
  assert.is(text(map.slice(4 * GIB - 4, 4 * GIB + 4)), 'boundary');
  assert.is(map.find('boundary', 4 * GIB - 1000), 4 * GIB - 4);
  assert.is(map.rfind('boundary', 4 * GIB - 1000), 4 * GIB - 4);
  assert.is(map.seek(-3, 2), SIZE - 3);
  assert.is(text(map.read()), 'end');
  map.set('written', 4 * GIB + 100);
  map.fill(0x2e, 4 * GIB + 107, 4 * GIB + 110);
  map.move(5 * GIB, 4 * GIB + 100, 10);
  map.flush(4 * GIB + 5, 1000);
  map.advise('will-need', 5 * GIB + 1, 100);
  const target = new Uint8Array(10);
  map.seek(5 * GIB);
  assert.is(map.readInto(target), 10);
  assert.is(text(target), 'written...');
  const fd = openSync(path, 'r');
  readSync(fd, target, 0, 10, 5 * GIB);
  closeSync(fd);
  assert.is(text(target), 'written...');
  if (constants.MAX_LENGTH < SIZE) throwsCode(() => map.slice(), 'no-memory'); // Newer engines can hold it.
  map.close();
});

test('a view beyond the limit of the engine is an error, windows of it work', () => {
  const map = mmap(path, 0, 'read');
  throwsCode(() => map.view(), 'unsupported');
  throwsCode(() => map.view(0, MAX_VIEW_LENGTH + 1), 'unsupported');
  assert.is(map.view(1, MAX_VIEW_LENGTH + 1).length, MAX_VIEW_LENGTH);
  assert.is(text(map.view(4 * GIB - 4, 4 * GIB + 4)), 'boundary');
  const windows = Array.from({ length: 100 }, (_, index) => map.view(SIZE - 3 - index));
  assert.is(text((windows[0] as Uint8Array).subarray(0, 3)), 'end');
  map.close();
});

test('offsets and lengths over 4 GiB', () => {
  const tail = mmap(path, 0, 'copy', 5 * GIB + 1);
  assert.is(tail.length, 4320);
  tail.set('private', 0);
  assert.is(text(tail.view(0, 7)), 'private');
  const most = mmap(path, 4 * GIB, 'read', 4321);
  assert.is(text(most.slice(4 * GIB - 4 - 4321, 4 * GIB + 4 - 4321)), 'boundary');
  tail.close();
  most.close();
});

test('resize over 4 GiB and back', () => {
  const small = newPath();
  const fd = openSync(small, 'w+');
  writeSync(fd, 'x');
  const map = mmap(fd, 0, 'write');
  closeSync(fd);
  map.resize(10_000);
  assert.is(map.size(), 10_000);
  throwsCode(() => map.resize(Number.MAX_SAFE_INTEGER), 'no-memory');
  assert.equal([map.length, map.size()], [10_000, 10_000]);
  map.close();
});

test.run();
