// Components that misbehave: the host answers with the typed error, or the guest traps. It never crashes, leaks or grants
// a right. Every scenario runs with both kinds of bindings, for they take different ways through the host.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { load, outcome, settled, type Bindings } from './support.mjs';

const HOSTILE = 'build/guests/c/hostile.wasm';
const TEXT = '0123456789abcdef'.repeat(4096);
const OUT_OF_RANGE = 7;
const NO_MEMORY = 11;
const UNSUPPORTED = 13;

/** What each scenario of hostile.c must end with. */
const SCENARIOS: Record<string, number | 'trap' | Array<number | 'trap'>> = {
  rights: 0,
  'large-numbers': 0,
  'every-order': 0,
  'large-needle': 0,
  many: 0,
  directory: UNSUPPORTED,
  'closed-descriptor': 'trap',
  'foreign-descriptor': 'trap',
  'negative-descriptor': 'trap',
  'zero-descriptor': 'trap',
  'no-access-of-that-number': 'trap',
  'foreign-read': 'trap',
  'zero-read': 'trap',
  'foreign-write': 'trap',
  'foreign-find': 'trap',
  // jco drops a handle that is none without a word, and without harm; and cuts a source that reaches out of memory.
  'foreign-drop': ['trap', 0],
  'closed-read': 'trap',
  'closed-write': 'trap',
  'result-outside': 'trap',
  'source-outside': ['trap', 100],
  'needle-outside': ['trap', 100],
  'read-5-gib': NO_MEMORY,
  'read-3-gib': ['trap', NO_MEMORY],
  'realloc-outside': 'trap',
  // A copy that was made before the guest could drop or shrink the mapping is all right.
  'realloc-drops': ['trap', 0],
  'realloc-shrinks': ['trap', OUT_OF_RANGE, 0],
  'realloc-grows': 0,
  'realloc-traps': 'trap',
  'trap-while-mapped': 'trap',
  'exit-while-mapped': 0,
};

const WAYS: Array<[string, Bindings, boolean]> = [
  ['hybrid', 'hybrid', true],
  ['js', 'js', true],
  ['polyfill', 'hybrid', false],
];

for (const [name, bindings, native] of WAYS) {
  const test = suite(`hostile, ${name}`);
  let folder = '';

  const start = (scenario: string): Promise<() => void> => load(HOSTILE, bindings, { '/': folder }, [scenario], native);

  test.before.each(() => writeFileSync(`${folder}/file`, TEXT));

  test.before(() => {
    folder = mkdtempSync(resolve('build', 'hostile-'));
    writeFileSync(`${folder}/sparse`, '');
    truncateSync(`${folder}/sparse`, 6 * 2 ** 30);
  });
  test.after(() => rmSync(folder, { recursive: true }));

  for (const [scenario, expected] of Object.entries(SCENARIOS)) {
    test(scenario, async () => {
      await start('exit-while-mapped').then(outcome); // What is loaded once is not counted.
      const before = await settled();
      const got = outcome(await start(scenario));
      assert.ok([expected].flat().includes(got), `ended with ${got}, not ${String(expected)}`);
      assert.equal(await settled(), before);
    });
  }

  test('a guest that trapped takes nothing from the next one', async () => {
    const trapped = await start('trap-while-mapped');
    assert.is(outcome(trapped), 'trap');
    assert.is(outcome(await start('every-order')), 0);
  });

  test.run();
}

const wasmtime = suite('hostile, wasmtime');

// preview2-shim has no directories for reading only, wasmtime has.
for (const [scenario, expected] of Object.entries({ ...SCENARIOS, 'rights-read-only': 0 })) {
  wasmtime(scenario, () => {
    const folder = mkdtempSync(resolve('build', 'hostile-'));
    try {
      writeFileSync(`${folder}/file`, TEXT);
      writeFileSync(`${folder}/sparse`, '');
      truncateSync(`${folder}/sparse`, 6 * 2 ** 30);
      const args = ['run', '--dir', `${folder}::/`, '--dir-ro', `${folder}::/read-only`, HOSTILE, scenario];
      const { status, signal, stderr } = spawnSync('build/wasmtime/wasi-mmap', args, { encoding: 'utf8' });
      const got = status === 134 ? 'trap' : (status ?? signal);
      assert.ok(
        ([expected].flat() as unknown[]).includes(got),
        `ended with ${got}, not ${String(expected)}: ${stderr}`,
      );
      if (got === 'trap') assert.match(stderr, /^wasi-mmap: hostile\.wasm trapped: /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

wasmtime.run();

const test = suite('guests together');

test('two guests on one file do not disturb each other', async () => {
  const folder = mkdtempSync(resolve('build', 'hostile-'));
  try {
    writeFileSync(`${folder}/file`, TEXT);
    const before = await settled();
    const runs = await Promise.all(
      (['hybrid', 'js', 'hybrid'] as const).map((bindings) =>
        load(HOSTILE, bindings, { '/': folder }, ['every-order']),
      ),
    );
    for (const run of runs) assert.is(outcome(run), 0);
    assert.equal(await settled(), before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
