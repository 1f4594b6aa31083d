// The library passes long ranges in pieces, because hosts limit lists; the bytes are those of one call.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

test.run();
