// The operations that may wait for the disk, as promises: they do not block the event loop, and can be cancelled.
import { open } from 'node:fs/promises';
import { closeSync, openSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AbortError, Mmap, mmap, MmapError, type MmapPromises } from 'wasi-mmap';
import { mmap as mmapAsync, type AsyncOptions } from 'wasi-mmap/promises';
import { liveRegions } from '#native';
import { collectUntil, diskFolder, newFile, newPath, openDescriptors, pattern, POSIX, throwsCode } from './support.mjs';

type Any = never;

const SIZE = 100_000;
const BYTES = pattern(SIZE);
/** So much that an operation on it can be stopped. */
const MUCH = 512 << 20;
const ABSENT = new Uint8Array([1, 2, 3]);

async function rejects(promise: Promise<unknown>, expected: string): Promise<void> {
  const error = await promise.then(
    () => assert.unreachable(`resolved, not ${expected}`),
    (reason: unknown) => reason,
  );
  const name = error instanceof MmapError ? error.code : error instanceof Error ? error.name : String(error);
  assert.is(name, expected, String(error));
}

/** Every operation, with arguments that are right. */
const CALLS: ReadonlyArray<(map: MmapPromises, options?: AsyncOptions) => Promise<unknown>> = [
  (map, options) => map.read(10, options),
  (map, options) => map.slice(5, 10, options),
  (map, options) => map.find('x', 0, 10, options),
  (map, options) => map.rfind('x', 0, 10, options),
  (map, options) => map.flush(0, 10, options),
  (map, options) => map.populate(0, 10, options),
  (map, options) => map.resize(SIZE, options),
];

test('wrong arguments reject, and throw nothing', async () => {
  const map = mmap(newFile(BYTES));
  const all: ReadonlyArray<[() => Promise<unknown>, string]> = [
    [() => map.promises.read('5' as Any), 'TypeError'],
    [() => map.promises.read(0.5), 'invalid-argument'],
    [() => map.promises.slice({} as Any), 'TypeError'],
    [() => map.promises.find(5 as Any), 'TypeError'],
    [() => map.promises.rfind('x', 'y' as Any), 'TypeError'],
    [() => map.promises.flush(-1), 'out-of-range'],
    [() => map.promises.flush(SIZE + 1), 'out-of-range'],
    [() => map.promises.flush(0, SIZE + 1), 'out-of-range'],
    [() => map.promises.populate(1, SIZE), 'out-of-range'],
    [() => map.promises.resize(0), 'invalid-argument'],
    [() => map.promises.resize('1' as Any), 'TypeError'],
    [() => mmap(newFile(BYTES), 0, 'read').promises.resize(5), 'not-resizable'],
    [() => mmapAsync(5.5), 'bad-descriptor'],
    [() => mmapAsync({} as Any), 'TypeError'],
    [() => mmapAsync(newPath()), 'Error'],
    [() => mmapAsync(newFile('')), 'empty-file'],
    [() => mmapAsync(newFile('x'), { length: 2 }), 'past-end'],
    [() => mmapAsync(newFile('x'), { signals: 1 } as Any), 'TypeError'],
    [() => mmapAsync(newFile('x'), { signal: 1 as Any }), 'TypeError'],
    ...CALLS.flatMap((call): Array<[() => Promise<unknown>, string]> => [
      [() => call(map.promises, 5 as Any), 'TypeError'],
      [() => call(map.promises, { signal: 'x' as Any }), 'TypeError'],
      [() => call(map.promises, { signal: {} as Any }), 'TypeError'],
    ]),
  ];
  for (const [start, expected] of all) await rejects(start(), expected);
  map.close();
  for (const call of CALLS) await rejects(call(map.promises), 'closed');
});

test('the same results as without promises', async () => {
  const path = newFile(BYTES);
  for (const access of ['read', 'write', 'copy'] as const) {
    const map = await mmapAsync(path, 0, access);
    assert.instance(map, Mmap);
    assert.equal(await map.promises.read(7), BYTES.slice(0, 7));
    assert.is(map.tell(), 7);
    assert.equal(await map.promises.read(), BYTES.slice(7));
    assert.equal(await map.promises.read(), new Uint8Array(0));
    assert.equal(await map.promises.slice(-10, -5), BYTES.slice(-10, -5));
    assert.equal(await map.promises.slice(), BYTES);
    map.seek(0);
    assert.is(await map.promises.find(BYTES.slice(300, 320)), 49);
    assert.is(await map.promises.find(BYTES.slice(300, 320), 50), 300);
    assert.is(await map.promises.rfind(Buffer.from([250])), map.rfind(Buffer.from([250])));
    assert.is(await map.promises.find(ABSENT.fill(255)), -1);
    assert.is(await map.promises.find('', 5), 5);
    await map.promises.flush();
    await map.promises.populate();
    map.close();
  }
});

test('sources: a path, a URL, a descriptor and a FileHandle that are closed at once, and none', async () => {
  const path = newFile(BYTES);
  const { pathToFileURL } = await import('node:url');
  const fd = openSync(path, 'r');
  const handle = await open(path);
  const before = openDescriptors();
  const opening = [
    mmapAsync(path, { access: 'read', populate: true }),
    mmapAsync(pathToFileURL(path), 0, 'copy'),
    mmapAsync(fd, 0, 'read'),
    mmapAsync(handle, 0, 'read'),
  ];
  closeSync(fd);
  await handle.close();
  for (const map of await Promise.all(opening)) {
    assert.equal(map.slice(), BYTES);
    map.close();
  }
  const memory = await mmapAsync(null, 100);
  assert.equal(memory.slice(), new Uint8Array(100));
  memory.close();
  if (POSIX) assert.is(openDescriptors(), before - 2);
});

test('the event loop goes on', async () => {
  const map = mmap(null, MUCH);
  for (const operation of [
    () => map.promises.find(ABSENT),
    () => map.promises.rfind(ABSENT),
    () => map.promises.slice(0, MUCH / 4),
    () => map.promises.populate(),
  ]) {
    let ended = false;
    const promise = operation().then(() => (ended = true));
    for (let task = 0; task < 50; task += 1) await Promise.resolve();
    assert.not.ok(ended, `${String(operation)} ended before the event loop could go on`);
    await promise;
  }
  map.close();
});

test('operations overlap each other and other uses', async () => {
  const map = mmap(newFile(BYTES));
  const [head, tail, found] = await Promise.all([
    map.promises.read(10),
    map.promises.read(10),
    map.promises.find(BYTES.slice(60_000, 60_300), 0),
    map.promises.flush(),
    map.promises.populate(),
    ...Array.from({ length: 50 }, (_, index) => map.promises.slice(index)),
    (async () => map.set('stored meanwhile', 50_000))(),
  ]);
  assert.equal([head, tail], [BYTES.slice(0, 10), BYTES.slice(10, 20)]);
  assert.is(found, 60_000 % 251);
  assert.is(Buffer.from(map.slice(50_000, 50_016)).toString(), 'stored meanwhile');
  map.close();
});

test('the needle is that of the call', async () => {
  const map = mmap(newFile(BYTES));
  const needle = BYTES.slice(100, 120);
  const promise = map.promises.find(needle);
  needle.fill(255);
  assert.is(await promise, 100);
  map.close();
});

test('a resize waits for what began before it, and what follows waits for it', async () => {
  const path = newFile(BYTES);
  const map = mmap(path);
  const before = map.promises.slice();
  const resize = map.promises.resize(SIZE / 2);
  const after = map.promises.find(BYTES.slice(0, 20), 40_000);
  const again = map.promises.resize(SIZE / 4);
  assert.equal(await before, BYTES);
  await resize;
  assert.is(await after, 251 * 160);
  await again;
  assert.is(map.length, SIZE / 4);
  assert.is(statSync(path).size, SIZE / 4);
  assert.equal(map.slice(), BYTES.slice(0, SIZE / 4));
  map.close();
});

test('while a resize runs, other uses are busy', async () => {
  const map = mmap(newFile(BYTES));
  for (let index = 0; index < 100; index += 1) map.at(index); // So that it reads without calls.
  const resize = map.promises.resize(2 * SIZE);
  await Promise.resolve(); // It begins when what was before it has ended: nothing was.
  await Promise.resolve();
  await Promise.resolve();
  for (const use of [
    () => map.at(5),
    () => map.slice(0, 5),
    () => map.set('x', 5),
    () => map.view(0, 5),
    () => map.flush(),
    () => map.resize(5),
    () => map.mlock(),
    () => map.find('x'),
    () => map.size(),
  ]) {
    throwsCode(use, 'busy', String(use));
  }
  await resize;
  assert.is(map.length, 2 * SIZE);
  assert.is(map.at(5), 5);
  map.close();
});

test('a resize is busy while other operations run', async () => {
  const map = mmap(null, MUCH);
  const search = map.promises.find(ABSENT);
  throwsCode(() => map.resize(5), 'busy');
  assert.is(map.length, MUCH);
  await search;
  map.resize(5);
  map.close();
});

test('a resize that fails leaves the old size', async () => {
  const map = mmap(newFile(BYTES));
  await rejects(map.promises.resize(Number.MAX_SAFE_INTEGER - 4096), 'no-memory');
  assert.is(map.length, SIZE);
  assert.equal(map.slice(), BYTES);
  map.close();
});

test('what was closed meanwhile finishes, and leaves nothing', async () => {
  const regions = liveRegions();
  const map = mmap(newFile(BYTES));
  const [all, found] = [map.promises.slice(), map.promises.find(BYTES.slice(70_000, 70_300))];
  map.close();
  throwsCode(() => map.at(0), 'closed');
  assert.equal(await all, BYTES);
  assert.is(await found, 70_000 % 251);
  assert.is(liveRegions(), regions);

  const resized = mmap(newFile(BYTES));
  const resize = resized.promises.resize(5);
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  resized.close();
  await resize;
  assert.is(liveRegions(), regions);
});

test('a mapping that nobody holds any more', async () => {
  let map: Mmap | undefined = mmap(newFile(BYTES));
  const all = Array.from({ length: 20 }, () => (map as Mmap).promises.slice());
  map = undefined;
  global.gc?.();
  for (const bytes of await Promise.all(all)) assert.equal(bytes, BYTES);
});

test('a signal that is aborted before', async () => {
  const map = mmap(newFile(BYTES));
  const signal = AbortSignal.abort('enough');
  for (const call of CALLS) await rejects(call(map.promises, { signal }), 'AbortError');
  assert.is(map.tell(), 0);
  await rejects(mmapAsync(newFile(BYTES), { signal }), 'AbortError');
  const error = (await map.promises.flush(0, 1, { signal }).catch((reason: unknown) => reason)) as AbortError;
  assert.instance(error, AbortError);
  assert.is(error.code, 'ABORT_ERR');
  assert.is(error.cause, 'enough');
  map.close();
});

test('a signal that is aborted meanwhile', async () => {
  const map = mmap(null, MUCH);
  for (const start of [
    (options: AsyncOptions) => map.promises.find(ABSENT, 0, undefined, options),
    (options: AsyncOptions) => map.promises.slice(0, MUCH / 4, options),
    (options: AsyncOptions) => map.promises.populate(0, MUCH, options),
  ]) {
    const controller = new AbortController();
    const promise = start({ signal: controller.signal });
    await turn();
    controller.abort();
    await rejects(promise, 'AbortError');
  }
  const late = new AbortController();
  assert.equal(await map.promises.slice(0, 5, { signal: late.signal }), new Uint8Array(5));
  late.abort();
  await map.promises.resize(5); // It waits until the others have stopped.
  map.close();
});

test('a resize is given up only before it begins', async () => {
  const map = mmap(newFile(BYTES));
  const early = new AbortController();
  const given = map.promises.resize(5, { signal: early.signal });
  early.abort();
  await rejects(given, 'AbortError');
  assert.is(map.length, SIZE);
  const late = new AbortController();
  const done = map.promises.resize(5, { signal: late.signal });
  for (let count = 0; count < 3; count += 1) await Promise.resolve();
  late.abort();
  await done;
  assert.is(map.length, 5);
  map.close();
});

test('mmap that is given up maps nothing', async () => {
  const path = newFile(BYTES);
  const keepsNothing = async (): Promise<boolean> => {
    const regions = liveRegions();
    const descriptors = openDescriptors();
    for (const populate of [true, false]) {
      const controller = new AbortController();
      const promise = mmapAsync(path, { signal: controller.signal, populate });
      controller.abort();
      await rejects(promise, 'AbortError');
    }
    return collectUntil(() => liveRegions() <= regions && openDescriptors() <= descriptors);
  };
  // Runtimes open descriptors of their own now and then, but not each time.
  assert.ok((await keepsNothing()) || (await keepsNothing()) || (await keepsNothing()));
});

test('signals of another realm', async () => {
  const listeners: Array<() => void> = [];
  const signal = {
    aborted: false,
    reason: 'theirs',
    addEventListener: (_: string, listener: () => void) => void listeners.push(listener),
    removeEventListener: () => undefined,
  };
  const map = mmap(null, MUCH);
  const promise = map.promises.find(ABSENT, 0, undefined, { signal });
  for (const listener of listeners) listener();
  await rejects(promise, 'AbortError');
  map.close();
});

if (POSIX) {
  test('lost pages', async () => {
    const path = join(diskFolder(), 'cut');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(path, BYTES);
    const map = mmap(path);
    truncateSync(path, 4096);
    await rejects(map.promises.slice(), 'fault');
    await rejects(map.promises.find(ABSENT, 8192), 'fault');
    await rejects(map.promises.populate(), 'fault');
    await rejects(map.promises.flush(), 'fault');
    assert.equal(await map.promises.slice(0, 4096), BYTES.slice(0, 4096));
    const populated = await mmapAsync(path, { length: 4096, populate: true });
    truncateSync(path, SIZE);
    assert.is(await map.promises.find(Buffer.from([0, 0]), 8192), 8192);
    map.close();
    populated.close();
  });
}

test('a worker that ends while operations run', async () => {
  for (let round = 0; round < 3; round += 1) {
    const worker = new Worker(
      `const { mmap } = require('wasi-mmap'); const { parentPort } = require('worker_threads');
       const map = mmap(null, ${MUCH});
       for (let count = 0; count < 8; count++) map.promises.find(new Uint8Array([1, 2, 3]));
       map.promises.resize(5); parentPort.postMessage('ready');`,
      { eval: true },
    );
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  }
});

test.run();
