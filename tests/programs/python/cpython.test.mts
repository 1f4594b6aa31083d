// CPython's own tests of mmap on every host: one test per method.
import { suite, test } from 'uvu';
import * as assert from 'uvu/assert';
import { expectedFailures, OF_GUEST, runTestMmap, runTestMmapOnWindows, testsOfPython, type Row } from './cpython.mjs';
import { HOSTS, missing } from '../../python/hosts.mjs';
import { isLeft, lacks, WINDOWS_HOSTS } from '../../tools/wine.mjs';

interface Table {
  version: string;
  host: string;
  rows: Row[] | Error;
}
const tables: Table[] = [];

for (const { version, folder } of testsOfPython()) {
  if (folder === undefined) {
    console.log(`skips test_mmap.py of Python ${version}: it is not here (.build/setup.sh guests)`);
    test(`test_mmap.py of Python ${version} is there`, () => assert.not.ok(process.env['CI'], 'CI needs it'));
    continue;
  }
  for (const host of HOSTS) {
    const lacking = missing(host);
    if (lacking !== undefined) console.log(`${host} skips test_mmap.py: there is no ${lacking}`);
    else tables.push({ version, host, rows: await runTestMmap(host, folder).catch((error: Error) => error) });
  }
  for (const [host, { wine }] of version === OF_GUEST && !isLeft ? Object.entries(WINDOWS_HOSTS) : []) {
    const lacking = lacks(wine) ?? missing('wasmtime');
    if (lacking === undefined) {
      try {
        tables.push({ version, host, rows: runTestMmapOnWindows(host, folder) });
      } catch (error) {
        tables.push({ version, host, rows: error as Error });
      }
      continue;
    }
    console.log(`${host} skips test_mmap.py: this machine has ${lacking}`);
    test(`${host} is there`, () => assert.not.ok(process.env['CI'], lacking));
  }
}

test.run();

for (const { version, host, rows } of tables) {
  const run = suite(`test_mmap of ${version} on ${host}`);
  const expected = expectedFailures(version, host);
  run('runs to its end', () => {
    assert.ok(Array.isArray(rows), rows instanceof Error ? rows.message : '');
    assert.ok(rows.filter(({ verdict }) => verdict === 'ok').length >= 34, `${rows.length} methods`);
  });
  run('expectations name methods that exist', () => {
    const names = new Set((rows as Row[]).map(({ method }) => method));
    for (const name of Object.keys(expected)) assert.ok(names.has(name), name);
  });
  for (const { method, verdict, reason } of Array.isArray(rows) ? rows : []) {
    run(method, () => {
      if (method in expected) assert.is(verdict, 'failed', 'passes, though it is expected to fail');
      // Only other systems and 64 bits are reasons to skip one.
      else assert.ok(verdict === 'ok' || verdict === 'not applicable', `${verdict}: ${reason}`);
    });
  }
  run.run();
}
