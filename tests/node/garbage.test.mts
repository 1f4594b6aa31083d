// The engine counts external memory, and collects garbage because of it: few accesses to a large mapping must not cause that.
import { truncateSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newFile, runNode } from './support.mjs';

const path = newFile('');
truncateSync(path, 512 << 20); // Sparse: it takes no disk space.

/** The number of full garbage collections during some rounds of a use of a mapping. */
function collections(access: string, use: string, rounds = 50): number {
  const output = runNode(
    `
    import { mmap } from 'wasi-mmap';
    import { PerformanceObserver, constants } from 'node:perf_hooks';
    let major = 0;
    new PerformanceObserver((list) => {
      for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) major += 1;
    }).observe({ entryTypes: ['gc'] });
    const use = (map) => { ${use} };
    for (let round = 0; round < ${rounds}; round += 1) {
      const map = mmap(process.argv[1], 0, '${access}');
      use(map);
      map.close();
      if (round % 10 === 0) await new Promise((done) => setTimeout(done, 1));
    }
    await new Promise((done) => setTimeout(done, 200));
    console.log(major);
  `,
    path,
  );
  return Number(output);
}

for (const access of ['read', 'copy', 'write']) {
  for (const [name, use] of [
    ['a byte', 'map.at(0); map.at(-1);'],
    ['a hundred bytes', 'for (let index = 0; index < 100; index += 1) map.at(index * 1000);'],
    ['a short read', 'map.read(10); map.slice(-10);'],
    ['a read of much', 'map.readInto(new Uint8Array(100_000));'],
    ['a search', `map.find('x', 0, 4096);`],
    ['small views', 'map.view(0, 100)[5]; map.view(-100)[5];'],
    ['stores', `if (map.access !== 'read') { map.set('x', 5); map.fill(1, 0, 100); }`],
  ] as const) {
    test(`${name} of a mapping of 512 MiB, ${access}`, () => assert.is(collections(access, use), 0));
  }
}

test('the count is one: memory that is asked for in earnest is counted', () => {
  assert.ok(collections('read', 'map.view()[0];') > 0, 'no engine is seen to collect: the other tests say nothing');
});

test.run();
