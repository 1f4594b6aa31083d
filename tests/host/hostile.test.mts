// Components that misbehave: the host returns the typed error, or the guest traps. The host never crashes, leaks, or grants a
// right. Each scenario runs with both kinds of bindings, which take different paths through the host.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { setLimits, type Limits } from 'wasi-mmap/host';
import { NODES_P3, skipP3 } from '../tools/p3.mjs';
import {
  HOSTILE,
  HOSTILE_P3,
  LIMITED,
  limitedArguments,
  newFolder,
  P3_SCENARIOS,
  runArguments,
  SCENARIOS,
  TEXT,
  WASMTIME_SCENARIOS,
  writeFile,
  WRONG,
  type End,
} from './scenarios.mjs';
import { load, outcome, settled, type Bindings } from './support.mjs';

type Command = [string, ...string[]];
type Settled = Awaited<ReturnType<typeof settled>>;

/** A host with default limits. */
const DEFAULTS: Limits = { privateMemory: 4 * 2 ** 30, search: Infinity };

/** The limits that these scenarios run under, and their expected end. */
const LIMITS: Array<[string, Limits, End]> = [
  ['memory-of-the-host', { privateMemory: 9 * 2 ** 17 }, 0],
  ['memory-without-limit', {}, 0],
  ['memory-without-limit', { privateMemory: Infinity }, WRONG],
  ['search-1-gib', { search: 2 ** 30 }, 0],
  ['search-1-gib', { search: 2 ** 30 - 10 }, 'trap'],
  ['search-1-gib-backward', { search: 2 ** 30 - 10 }, 'trap'],
  ['search-file', { search: 2 ** 30 }, 'trap'],
  ['search-1-gib', { search: 0 }, 'trap'],
  ['search-nothing', { search: 0 }, 0],
];

/** Bun or Deno: the other bindings, the polyfill and wasmtime are what they are in Node. */
const isOther = 'bun' in process.versions || 'deno' in process.versions;

const WAYS: Array<[string, Bindings, boolean]> = [
  ['hybrid', 'hybrid', true],
  ...(isOther
    ? []
    : ([
        ['js', 'js', true],
        ['polyfill', 'hybrid', false],
      ] satisfies Array<[string, Bindings, boolean]>)),
];

/** JavaScriptCore keeps some garbage that a stack seems to refer to: fewer than what the scenarios would leave together. */
const KEPT = 8;
let first: Settled | undefined;

/** Nothing is left. */
function isAsBefore(after: Settled, before: Settled): void {
  if (!('bun' in process.versions)) return assert.equal(after, before);
  first ??= before;
  for (const key of ['descriptors', 'regions'] as const) {
    assert.ok(after[key] <= first[key] + KEPT, `${after[key]} ${key}, and ${first[key]} at first`);
  }
}

for (const [name, bindings, native] of WAYS) {
  const test = suite(`hostile, ${name}`);
  let folder = '';

  const start = (scenario: string): Promise<() => void> => load(HOSTILE, bindings, { '/': folder }, [scenario], native);

  test.before.each(() => writeFile(folder));

  test.before(() => {
    folder = newFolder();
  });
  test.after(() => rmSync(folder, { recursive: true }));

  for (const [scenario, expected] of Object.entries(SCENARIOS)) {
    test(scenario, async () => {
      await start('exit-while-mapped').then(outcome); // Code that is loaded once is not counted.
      const before = await settled();
      const got = outcome(await start(scenario));
      assert.ok([expected].flat().includes(got), `ended with ${got}, not ${String(expected)}`);
      isAsBefore(await settled(), before);
    });
  }

  for (const [scenario, limits, expected] of native ? LIMITS : []) {
    test(`${scenario}, ${JSON.stringify(limits, (_, value) => (value === Infinity ? 'none' : value))}`, async () => {
      const before = await settled();
      setLimits(limits);
      try {
        assert.is(outcome(await start(scenario)), expected);
      } finally {
        setLimits(DEFAULTS);
      }
      isAsBefore(await settled(), before);
    });
  }

  test('a guest that trapped takes nothing from the next one', async () => {
    const trapped = await start('trap-while-mapped');
    assert.is(outcome(trapped), 'trap');
    assert.is(outcome(await start('every-order')), 0);
  });

  test.run();
}

const wasmtime = suite('hostile, in commands');

const WASMTIME: Command = ['build/wasmtime/wasi-mmap'];
const RUNS = [
  ...Object.entries(WASMTIME_SCENARIOS).map((run) => ({ component: HOSTILE, run, command: WASMTIME })),
  ...Object.entries(P3_SCENARIOS).map((run) => ({ component: HOSTILE_P3, run, command: WASMTIME })),
];
const [node] = NODES_P3;
if (node === undefined) skipP3('hostile', 'there is no Node 24.20 or newer (.build/setup.sh nodes)');
else {
  const command: Command = [node, 'dist/cli/main.mjs'];
  RUNS.push(...Object.entries(P3_SCENARIOS).map((run) => ({ component: HOSTILE_P3, run, command })));
}
for (const { component, run, command } of isOther ? [] : RUNS) {
  const [scenario, expected] = run;
  const [program, ...before] = command;
  const place = command === WASMTIME ? 'wasmtime' : 'node';
  wasmtime(`${place}, ${scenario}${component === HOSTILE_P3 ? ', WASI 0.3' : ''}`, () => {
    const folder = newFolder();
    try {
      const args = [...before, ...runArguments(folder, scenario, component)];
      const { status, signal, stderr } = spawnSync(program, args, { encoding: 'utf8' });
      const got = status === 134 ? 'trap' : (status ?? signal);
      assert.ok(
        ([expected].flat() as unknown[]).includes(got),
        `ended with ${got}, not ${String(expected)}: ${stderr}`,
      );
      if (got === 'trap') assert.match(stderr, /^wasi-mmap: hostile(-0\.3)?\.wasm trapped: /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

for (const limit of isOther ? [] : LIMITED) {
  wasmtime(`${limit.scenario}, memory that the command limits to ${limit.size}`, () => {
    const folder = mkdtempSync(resolve('build', 'hostile-'));
    try {
      writeFile(folder);
      const { status } = spawnSync('build/wasmtime/wasi-mmap', limitedArguments(folder, limit), { stdio: 'ignore' });
      assert.is(status === limit.code, limit.is, `ended with ${status}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

wasmtime.run();

const settings = suite('limits');

settings('what is no number of bytes is refused, and nothing is changed', () => {
  for (const key of ['privateMemory', 'search'] as const) {
    for (const value of ['1', null, 1n, {}, true]) assert.throws(() => setLimits({ [key]: value }), TypeError);
    for (const value of [-1, 0.5, NaN, -Infinity, 2 ** 53])
      assert.throws(() => setLimits({ [key]: value }), RangeError);
  }
  assert.throws(() => setLimits({ search: 0, privateMemory: -1 }), RangeError);
  setLimits({});
  setLimits({ privateMemory: undefined, search: undefined });
});

settings.run();

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
    isAsBefore(await settled(), before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
