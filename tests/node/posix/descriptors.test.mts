// Views of closed mappings hold pages, but no descriptor: garbage collection is late, and the limit of descriptors is low.
import { execFileSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluate, newFile, pattern } from '../support.mjs';

/** Runs JavaScript in a process that may have 1024 descriptors. */
function runLimited(code: string): string {
  const node = [process.execPath, ...evaluate(code), newFile(pattern(10_000))];
  return execFileSync('sh', ['-c', 'ulimit -n 1024 && exec "$@"', 'sh', ...node], {
    encoding: 'utf8',
    timeout: 120_000,
  });
}

test('20,000 mappings with a view in one loop, under 1024 descriptors', () => {
  const output = runLimited(`
    import { mmap } from 'wasi-mmap';
    import { readdirSync } from 'node:fs';
    let sum = 0;
    const kept = [];
    for (let round = 0; round < 20_000; round += 1) {
      const map = mmap(process.argv[1], 0, ['read', 'write', 'copy'][round % 3]);
      const view = map.view();
      map.close();
      sum += view[250];
      if (round % 100 === 0) kept.push(view);
    }
    const open = readdirSync('/dev/fd').length;
    console.log(sum, kept.every((view) => view[250] === 250 && view[251] === 0), open < 100);
  `);
  assert.is(output, `${20_000 * 250} true true\n`);
});

test('mappings that are not closed hold theirs', () => {
  const output = runLimited(`
    import { mmap } from 'wasi-mmap';
    import { openSync } from 'node:fs';
    const fd = openSync(process.argv[1], 'r');
    const maps = [];
    try {
      for (;;) maps.push(mmap(fd, 0, 'read'));
    } catch (error) {
      console.log(error.code, maps.length > 900, maps.length < 1024);
    }
    maps.pop().close();
    console.log(mmap(fd, 0, 'read').at(250));
  `);
  assert.is(output, 'no-memory true true\n250\n');
});

test.run();
