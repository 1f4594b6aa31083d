// No leaks: descriptors, pages and memory end with the mapping, by close, by `using` or by the garbage collector.
import { readFileSync } from 'node:fs';
import { test as everywhere } from 'uvu';
import * as assert from 'uvu/assert';
import { mmap } from 'wasi-mmap';
import { liveRegions } from '#native';
import { collectUntil, inRuntimes, newFile, openDescriptors, pattern, POSIX, runNode, WINE } from './support.mjs';

const test = inRuntimes(everywhere);

const path = newFile(pattern(10_000));

/** The pages of the file only: the engine maps and unmaps memory of its own. Only Linux lists them. */
const mappedRanges = (): number =>
  process.platform === 'linux' ? readFileSync('/proc/self/maps', 'latin1').split(path).length - 1 : 0;

/** Each takes a millisecond in Wine, where another process owns the handles. */
const CYCLES = WINE ? 5_000 : 100_000;

test(`${CYCLES} open and close cycles leak nothing`, () => {
  const output = runNode(
    `
    import { mmap } from 'wasi-mmap';
    import { liveRegions } from '#native';
    import { openSync, readdirSync, readFileSync } from 'node:fs';
    const posix = process.platform !== 'win32';
    const state = () => ({
      regions: liveRegions(),
      descriptors: posix ? readdirSync('/dev/fd').length : 0,
      ranges: process.platform === 'linux' ? readFileSync('/proc/self/maps', 'latin1').split('\\n').length : 0,
      resident: process.memoryUsage.rss(),
    });
    const fd = openSync(process.argv[1], 'r+');
    const cycles = (count) => {
      for (let cycle = 0; cycle < count; cycle += 1) {
        const map = mmap(fd, 0, ['read', 'write', 'copy'][cycle % 3]);
        if (cycle % 2) map.at(cycle % 10_000);
        if (cycle % 16 === 0) map.view();
        map.close();
      }
    };
    const settle = async () => { for (let i = 0; i < 5 || (liveRegions() > 0 && i < 100); i += 1) { gc(); await new Promise((done) => setTimeout(done, 10)); } };
    const count = Number(process.argv[2]);
    cycles(count / 10); await settle();
    const before = state();
    cycles(count); await settle();
    const after = state();
    console.log(JSON.stringify({ before, after }));
  `,
    path,
    `${CYCLES}`,
  );
  const { before, after } = JSON.parse(output);
  assert.equal([before.regions, after.regions], [0, 0]);
  // A leak would be thousands; Deno opens some for itself.
  const descriptors = `descriptors: ${before.descriptors} before, ${after.descriptors} after`;
  assert.ok(after.descriptors <= before.descriptors + ('deno' in process.versions ? 10 : 0), descriptors);
  // The engine maps and unmaps its own heap.
  assert.ok(after.ranges <= before.ranges + 1000, `mapped ranges: ${before.ranges} before, ${after.ranges} after`);
  assert.ok(
    after.resident < before.resident + (64 << 20),
    `resident: ${before.resident} before, ${after.resident} after`,
  );
});

test('using', () => {
  const before = openDescriptors();
  let seen = 0;
  {
    using map = mmap(path, 0, 'read');
    seen = map.length;
    if (POSIX) assert.is(openDescriptors(), before + 1);
  }
  assert.is(seen, 10_000);
  assert.is(openDescriptors(), before);
});

test('close gives pages and descriptor back at once', () => {
  const before = [liveRegions(), openDescriptors(), mappedRanges()] as const;
  const map = mmap(path, 0, 'write');
  for (let index = 0; index < 100; index += 1) map.at(index);
  map.resize(10_000);
  if (process.platform === 'linux') assert.is(mappedRanges(), before[2] + 1);
  map.close();
  assert.equal([liveRegions(), openDescriptors(), mappedRanges()], before);
});

test('a mapping that is only dropped goes with the collector', async () => {
  const before = [liveRegions(), openDescriptors()] as const;
  const drop = (): void => {
    for (let count = 0; count < 50; count += 1) {
      const map = mmap(path, 0, count % 2 === 0 ? 'read' : 'copy');
      map.at(count);
      map.view();
    }
  };
  drop();
  assert.ok(liveRegions() >= before[0] + 50);
  assert.ok(await collectUntil(() => liveRegions() === before[0] && openDescriptors() === before[1]));
});

test('mappings that a program forgets do not use up its descriptors', () => {
  const output = runNode(
    `
    import { mmap } from 'wasi-mmap';
    for (let count = 0; count < Number(process.argv[2]); count += 1) {
      mmap(process.argv[1], 0, 'read').at(0);
      if (count % 100 === 0) await new Promise((done) => setImmediate(done));
    }
    console.log('done');
  `,
    path,
    `${WINE ? 1_000 : 20_000}`,
  );
  assert.is(output, 'done\n');
});

test.run();
