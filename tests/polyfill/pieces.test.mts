// The library passes long ranges in pieces, because hosts limit lists; the bytes are those of one call.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createPolyfill } from 'wasi-mmap/polyfill';

const PIECE = 2 ** 24;

const folder = mkdtempSync(resolve('build', 'pieces-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const polyfill = await createPolyfill(new WASIShim({ sandbox: { preopens: { '/': folder } } }).getImportObject());

/** Bytes of which no two pieces are the same. */
function pattern(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 1021) bytes.writeUInt32LE((at * 31 + seed) % 2 ** 32, at);
  return bytes;
}

for (const length of [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 12_345]) {
  test(`${length} bytes are read and written`, () => {
    const path = join(folder, 'file');
    const [old, changed] = [pattern(length, 1), pattern(length, 2)];
    writeFileSync(path, old);
    const map = polyfill.mmap('/file', 0, 'write');
    assert.is(Buffer.compare(map.slice(), old), 0);
    assert.is(Buffer.compare(map.slice(3), old.subarray(3)), 0);
    map.set(changed);
    assert.is(Buffer.compare(readFileSync(path), changed), 0);
    const target = new Uint8Array(length);
    assert.is(map.readInto(target), length);
    assert.is(Buffer.compare(target, changed), 0);
    map.close();
  });
}

test('needles that are longer than a piece', () => {
  const length = PIECE + 5;
  const marks = [20 * 2 ** 20, 40 * 2 ** 20 + 3] as const;
  const content = Buffer.alloc(64 * 2 ** 20);
  for (const mark of marks) content[mark] = 1;
  writeFileSync(join(folder, 'zeros'), content);
  const map = polyfill.mmap('/zeros', 0, 'read');
  const part = (at: number): Buffer => content.subarray(at, at + length);
  const amid = part(marks[0] - 1000);
  assert.is(map.find(amid, 0), marks[0] - 1000);
  assert.is(map.rfind(amid, 0), marks[1] - 1000);
  assert.is(map.find(amid, marks[0] - 999), marks[1] - 1000);
  assert.is(map.rfind(amid, 0, marks[1] - 1000 + length - 1), marks[0] - 1000);
  // The zeros fit nearly everywhere.
  const last = part(marks[1] + 1 - length);
  assert.is(map.find(last, 0), marks[0] + 1 - length);
  assert.is(map.rfind(last, 0), marks[1] + 1 - length);
  assert.is(map.find(last, marks[0] + 2 - length, marks[1]), -1);
  assert.is(map.rfind(last, marks[0] + 2 - length, marks[1]), -1);
  const zeros = part(marks[1] + 1);
  assert.is(map.find(zeros, 1), 1);
  assert.is(map.rfind(zeros, 0), content.length - length);
  assert.is(map.find(zeros, content.length + 1 - length), -1);
  // A match that ends shortly before a lost page.
  truncateSync(join(folder, 'zeros'), 37 * 2 ** 20);
  assert.is(map.find(zeros, marks[0] + 1), marks[0] + 1);
  truncateSync(join(folder, 'zeros'), 30 * 2 ** 20);
  assert.throws(() => map.find(zeros, marks[0] - 2 ** 20), /^fault/);
  assert.throws(() => map.rfind(zeros, 0), /^fault/);
  assert.is(map.rfind(zeros, 0, 30 * 2 ** 20), marks[0] - length);
  map.close();
});

test.run();
