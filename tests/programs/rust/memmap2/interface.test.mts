// The interface of the crates in guest/rust/memmap2, item by item with that of memmap2 on Linux.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { interfaceOf, type Docs } from './interface.mjs';

const FOLDER = 'build/crates/interface';

/** The versions, and the least number of their items. */
const VERSIONS = { '0.5.10': 131, '0.6.2': 132, '0.7.1': 151, '0.8.0': 149, '0.9.12': 196 };

/** What a type lacks in memmap2, ours may have. */
const isLack = (line: string): boolean => line.startsWith('impl !');

/** What version 0.5 has in another way: code that was written for `&mut self` compiles with `&self`. */
const OTHERWISE: Partial<Record<string, string[]>> = {
  '0.5.10': ['Mmap', 'MmapMut', 'MmapRaw'].flatMap((type) =>
    ['lock', 'unlock'].map((name) => `fn ${type}::${name}(&mut ${type}) -> Result<()>`),
  ),
};

const read = (name: string): Docs => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Docs;

const test = suite('the interface of memmap2');

if (existsSync(join(FOLDER, 'wasi_mmap.json'))) {
  for (const [version, least] of Object.entries(VERSIONS)) {
    test(version, () => {
      const theirs = interfaceOf(read(`memmap2-${version}`));
      const ours = interfaceOf(read(`ours-${version}`), { wasi_mmap: read('wasi_mmap') });
      assert.ok(theirs.size >= least, `only ${theirs.size} items`);
      const lacks = [...theirs].filter((line) => !ours.has(line) && !isLack(line));
      assert.equal(lacks, OTHERWISE[version] ?? []);
      for (const line of lacks) assert.ok(ours.has(line.replace('&mut ', '&')), line);
    });
  }
} else {
  console.log('skips the interface of memmap2: this machine has no Rust with the target wasm32-wasip2');
  test('what is missing', () => assert.not(process.env['CI']));
}
test.run();
