// Views without a copy: who sees a store, and what a view is after its mapping is closed.
import { readFileSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { deflateRaw, inflateRawSync } from 'node:zlib';
import { test as everywhere } from 'uvu';
import * as assert from 'uvu/assert';
import { mmap } from 'wasi-mmap';
import { liveRegions } from '#native';
import { collectUntil, inRuntimes, newFile, pattern, POSIX, throwsCode } from './support.mjs';

const test = inRuntimes(everywhere);

const compress = promisify(deflateRaw);

test('a store through a READ view reaches neither file nor mapping, and does not end the process', () => {
  const bytes = pattern(20_000);
  const path = newFile(bytes);
  const map = mmap(path, 0, 'read', 1);
  const view = map.view();
  view.fill(0xff);
  view[0] = 1;
  Buffer.from(view.buffer, view.byteOffset, view.length).write('text', 5_000);
  new DataView(view.buffer).setFloat64(8, 1.5);
  assert.is(view[1], 0xff);
  assert.equal(map.slice(), bytes.slice(1));
  assert.is(map.at(1), bytes[2]);
  assert.is(map.find(Uint8Array.of(0xff)), -1);
  assert.equal(new Uint8Array(readFileSync(path)), bytes);
});

test('a store through a WRITE view reaches the file; through a COPY view the mapping', () => {
  const path = newFile('abcdef');
  const write = mmap(path);
  const copy = mmap(path, 0, 'copy');
  write.view(1, 3)[0] = 0x58;
  copy.view()[5] = 0x59;
  assert.is(readFileSync(path, 'latin1'), 'aXcdef');
  assert.is(copy.at(5), 0x59);
});

test('views show what others write', () => {
  const path = newFile(pattern(10_000));
  const views = (['read', 'write', 'copy'] as const).map((access) => mmap(path, 0, access).view());
  mmap(path).set('new', 6_000);
  for (const view of views) assert.is(Buffer.from(view.subarray(6_000, 6_003)).toString(), 'new');
});

test('views outlive close and resize', () => {
  const bytes = pattern(10_000);
  const path = newFile(bytes);
  for (const access of ['read', 'write', 'copy'] as const) {
    const map = mmap(path, 0, access);
    const views = [map.view(), map.view(0), map.subarray(9_999)] as const;
    map.close();
    assert.equal(views[0], bytes);
    assert.equal([views[1].length, views[2].length, views[2][0]], [10_000, 1, bytes[9_999]]);
  }
  const map = mmap(path);
  const before = map.view();
  map.resize(20_000);
  before[0] = 77;
  assert.equal([before.length, map.at(0)], [10_000, 77], 'the same file');
  const after = map.view();
  after[19_999] = 7;
  assert.equal([map.at(19_999), statSync(path).size], [7, 20_000]);
  if (POSIX) {
    map.resize(100);
    assert.equal([after[19_999], after[50]], [0, bytes[50]]);
  } else {
    throwsCode(() => map.resize(100), 'busy', 'Windows cuts no file that is mapped');
    assert.equal([after[19_999], map.at(50), statSync(path).size], [7, bytes[50], 20_000]);
  }
});

test('a view after a resize to the same size shows the mapping', () => {
  const map = mmap(null, 100);
  const before = map.view();
  map.resize(100);
  map.fill(1);
  assert.equal([map.view()[0], before.length], [1, 100]);
});

test('an empty view', () => {
  const map = mmap(newFile('x'));
  assert.equal([map.view(1).length, map.view(0, 0).length, map.view(5, 3).length], [0, 0, 0]);
});

test('close while zlib works on a view', async () => {
  const bytes = pattern(8 << 20);
  const path = newFile(bytes);
  for (const access of ['read', 'write', 'copy'] as const) {
    const map = mmap(path, 0, access);
    const work = compress(map.view());
    map.close();
    assert.equal(new Uint8Array(inflateRawSync(await work)), bytes, access);
  }
});

test('resize while zlib works on a view', async () => {
  const bytes = pattern(8 << 20);
  const map = mmap(newFile(bytes));
  const work = compress(map.view());
  map.resize(bytes.length * 2);
  assert.equal(new Uint8Array(inflateRawSync(await work)), bytes);
});

test('a view keeps its pages when its mapping is dropped', async () => {
  await collectUntil(() => false);
  const before = liveRegions();
  const make = (): Uint8Array => mmap(newFile(pattern(10_000)), 0, 'read').view();
  let view: Uint8Array | undefined = make();
  await collectUntil(() => false);
  assert.equal(view, pattern(10_000));
  assert.is(liveRegions(), before + 1, 'the pages of the view alone');
  view = undefined;
  assert.ok(await collectUntil(() => liveRegions() === before));
});

test('pages of a closed mapping go when its views are collected', async () => {
  await collectUntil(() => false);
  const before = liveRegions();
  const take = (): Uint8Array => {
    const map = mmap(newFile(pattern(10_000)), 0, 'write');
    const view = map.view();
    map.close();
    return view;
  };
  let view: Uint8Array | undefined = take();
  await collectUntil(() => false);
  assert.equal(view, pattern(10_000));
  view = undefined;
  assert.ok(await collectUntil(() => liveRegions() === before));
});

test('a view cannot leave its thread', () => {
  const map = mmap(newFile('content'));
  const view = map.view();
  let sent = view;
  try {
    sent = structuredClone(view, { transfer: [view.buffer] });
  } catch (error) {
    assert.is((error as Error).name, 'DataCloneError');
  }
  if (sent !== view) sent[0] = 0; // Older engines copy instead of refusing.
  assert.is(Buffer.from(view).toString(), 'content');
  map.close();
});

test.run();
