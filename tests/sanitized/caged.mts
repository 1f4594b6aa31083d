// An engine that allows no external memory, as that of Electron: all but views works, by calls of the addon.
import { truncateSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mmap, MmapError } from 'wasi-mmap';
import { liveRegions } from '#native';
import { newFile, throwsCode } from '../node/support.mjs';

const TEXT = 'hello world';
const PAGE = 65536;

test('views are refused, and the error says what to call instead', () => {
  for (const access of ['read', 'write', 'copy'] as const) {
    const map = mmap(newFile(TEXT), 0, access);
    throwsCode(() => map.view(), 'unsupported');
    throwsCode(() => map.subarray(1, 2), 'unsupported');
    throwsCode(() => map.view(3, 3), 'unsupported', 'an empty one too');
    try {
      map.view();
    } catch (error) {
      assert.match((error as MmapError).message, /Electron.*slice\(\)/);
    }
    assert.is(Buffer.from(map.slice()).toString(), TEXT);
    map.close();
  }
});

test('array-like methods answer as with external memory', () => {
  const file = newFile(TEXT);
  const [map, other] = [mmap(file, 0, 'write'), mmap(file, 0, 'read')];
  map[0] = 72;
  map.fill(33, 10);
  map.copyWithin(6, 0, 2);
  map.set([1, 2], 2);
  assert.equal([...other], [72, 101, 1, 2, 111, 32, 72, 101, 114, 108, 33]);
  assert.equal([other.at(0), other.at(-1), other[4], other.indexOf(111), other.lastIndexOf(72)], [72, 33, 111, 4, 6]);
  throwsCode(() => other.fill(0), 'read-only');
});

test('a page that the file loses is fault, and one that it gets back is not', () => {
  const file = newFile('x'.repeat(2 * PAGE));
  const map = mmap(file, 0, 'write');
  assert.is(map.at(PAGE), 120);
  truncateSync(file, PAGE);
  throwsCode(() => map.at(PAGE), 'fault');
  throwsCode(() => map.slice(), 'fault');
  throwsCode(() => map.fill(1, PAGE), 'fault');
  throwsCode(() => map.find('y', 0), 'fault');
  assert.is(map.at(PAGE - 1), 120);
  writeFileSync(file, 'y'.repeat(2 * PAGE));
  assert.equal([map.at(PAGE), map.find('yy', PAGE)], [121, PAGE]);
});

test('mappings that are opened and closed leave nothing', () => {
  const file = newFile(TEXT);
  const before = liveRegions();
  for (let turn = 0; turn < 10_000; turn += 1) {
    const map = mmap(file, 0, 'copy');
    map.set('H');
    throwsCode(() => map.view(), 'unsupported');
    map.close();
  }
  assert.is(liveRegions(), before);
});

test.run();
