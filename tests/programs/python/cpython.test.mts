// CPython's own tests of mmap on every host: one test per method.
import { suite, test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  expectedFailures,
  runTestMmap,
  runTestMmapOnWindows,
  testsOfPython,
  versionOfPython,
  type Row,
} from './cpython.mjs';
import { HOSTS, missing } from '../../python/hosts.mjs';
import { isLeft, lacks, WINDOWS_HOSTS } from '../../tools/wine.mjs';

const tests = testsOfPython();

test('the installed Python has its tests', () => {
  if (tests !== undefined) return;
  console.log(
    `skips test_mmap.py: Python ${versionOfPython()} came without its module test (Debian: libpython3.11-testsuite)`,
  );
  assert.not.ok(process.env['CI'], 'CI needs it');
});

const tables = new Map<string, Row[] | Error>();
for (const host of tests === undefined || isLeft ? [] : HOSTS) {
  const lacking = missing(host);
  if (lacking === undefined) tables.set(host, await runTestMmap(host, tests as string).catch((error: Error) => error));
  else console.log(`${host} skips test_mmap.py: there is no ${lacking}`);
}

for (const [host, { wine }] of tests === undefined || isLeft ? [] : Object.entries(WINDOWS_HOSTS)) {
  const lacking = lacks(wine) ?? missing('wasmtime');
  if (lacking === undefined) {
    try {
      tables.set(host, runTestMmapOnWindows(host, tests as string));
    } catch (error) {
      tables.set(host, error as Error);
    }
    continue;
  }
  console.log(`${host} skips test_mmap.py: this machine has ${lacking}`);
  test(`${host} is there`, () => assert.not.ok(process.env['CI'], lacking));
}

test.run();

for (const [host, rows] of tables) {
  const run = suite(`test_mmap on ${host}`);
  const expected = expectedFailures(host);
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
      // Only Windows and 64 bits are reasons to skip one.
      else assert.ok(verdict === 'ok' || verdict === 'not applicable', `${verdict}: ${reason}`);
    });
  }
  run.run();
}
