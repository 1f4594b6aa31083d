// Spans: pages of files in the memory of guests, in every tier of the engines. Each rule has a scenario that breaks it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { load, outcome, settled } from './support.mjs';

const SPANS = 'build/guests/c/spans.wasm';
const UNIT = 65536;
const ACCESSES = ['read', 'write', 'copy'] as const;

/** What each scenario of spans.c ends with. */
const SCENARIOS: Record<string, number | 'trap'> = {
  refusals: 0,
  pages: 0,
  lost: 'trap',
  'lost-by:load': 'trap',
  'lost-by:store': 'trap',
  'lost-by:copy-from': 'trap',
  'lost-by:copy-to': 'trap',
  'lost-by:fill': 'trap',
  'lost-by:host-writes': 'trap',
  'lost-by:host-reads': 'trap',
  grows: 0,
  freed: 0,
  'ten-thousand': 0,
  most: 0,
  'stale:faulted': 'trap',
  'stale:flush': 'trap',
  'stale:advise': 'trap',
  'stale:drop': 'trap',
  'stale:foreign': 'trap',
  'stale:mapping': 'trap',
  'stale:outside': 'trap',
  'stale:advice': 'trap',
  'left:exit': 0,
  'left:trap': 'trap',
};

let folder = '';

function prepare(): void {
  const units = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(UNIT));
  writeFileSync(`${folder}/file`, units.join(''));
  writeFileSync(`${folder}/letters`, 'abcd'.repeat(UNIT / 4));
}

/** What a command ended with; a signal is what must never be. */
function ended(command: string, args: string[]): number | 'trap' | string {
  const { status, signal, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000 });
  // The scenarios that are to go wrong in the end say when they have come there.
  if (status === 134 && /^wasi-mmap: spans\.wasm trapped: /m.test(stderr)) {
    return args.some((word) => word.startsWith('lost')) && !stderr.startsWith('so far so good\n') ? stderr : 'trap';
  }
  return status === 0 ? 0 : `${signal ?? status}: ${stderr}`;
}

const runArguments = (scenario: string, access: string): string[] => [
  'run',
  '--dir',
  `${folder}::/`,
  SPANS,
  scenario,
  access,
];

type Engine = [name: string, command: string, args: string[]];

const NODE = ['dist/cli/main.mjs'];
const ENGINES: Engine[] = [
  ['wasmtime', 'build/wasmtime/wasi-mmap', []],
  ['node', process.execPath, NODE],
  // Only the compiler that does not optimize, only the one that does, and none that changes in between.
  ['node, Liftoff', process.execPath, ['--liftoff', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering', ...NODE]],
  ['node, TurboFan', process.execPath, ['--no-liftoff', '--no-wasm-tier-up', '--no-wasm-lazy-compilation', ...NODE]],
];

for (const [name, command, options] of ENGINES) {
  const test = suite(`spans, ${name}`);
  test.before(() => {
    folder = mkdtempSync(resolve('build', 'spans-'));
  });
  test.after(() => rmSync(folder, { recursive: true }));
  test.before.each(prepare);
  for (const [scenario, expected] of Object.entries(SCENARIOS)) {
    for (const access of ACCESSES) {
      test(`${scenario} ${access}`, () => {
        assert.is(ended(command, [...options, ...runArguments(scenario, access)]), expected);
      });
    }
  }
  test.run();
}

const movable = suite('spans, where there are none');

movable.before(() => {
  folder = mkdtempSync(resolve('build', 'spans-'));
  prepare();
});
movable.after(() => rmSync(folder, { recursive: true }));

const WITHOUT: Engine[] = [
  ['memory that could move', process.execPath, ['--disable-wasm-trap-handler', ...NODE]],
  ['polyfill', process.execPath, NODE],
  ['polyfill on wasmtime', 'build/wasmtime/wasi-mmap', []],
];
for (const [name, command, options] of WITHOUT) {
  movable(name, () => {
    const args = [...options, ...runArguments('none', 'read')];
    if (name.startsWith('polyfill')) args.splice(args.indexOf('run') + 1, 0, '--no-native');
    assert.is(ended(command, args), 0);
  });
}

movable('lists that are copied on the way', async () => {
  const run = await load(SPANS, 'js', { '/': folder }, ['left:exit', 'read']);
  assert.ok(Number(outcome(run)) > 0);
});

movable.run();

const life = suite('spans and those that hold them');

life.before(() => {
  folder = mkdtempSync(resolve('build', 'spans-'));
});
life.after(() => rmSync(folder, { recursive: true }));
life.before.each(prepare);

const start = (scenario: string, access: string): Promise<() => void> =>
  load(SPANS, 'hybrid', { '/': folder }, [scenario, access]);

for (const how of ['exit', 'trap']) {
  life(`a guest that is gone (${how}) leaves nothing`, async () => {
    outcome(await start('refusals', 'read')); // What is loaded once is not counted.
    const before = await settled();
    for (let round = 0; round < 5; round++) {
      assert.is(outcome(await start(`left:${how}`, 'write')), how === 'trap' ? 'trap' : 0);
    }
    assert.equal(await settled(), before);
  });
}

life('the process forks and runs others while spans are attached', async () => {
  const run = await start('left:exit', 'write');
  assert.is(outcome(run), 0);
  for (let round = 0; round < 3; round++) assert.is(spawnSync(process.execPath, ['-e', '0']).status, 0);
  assert.ok(run);
});

life('two guests on one file see what the other writes', async () => {
  assert.is(outcome(await start('meet:1', 'write')), 0);
  assert.is(outcome(await start('meet:2', 'write')), 0);
});

life('workers have their own, and may end at any time', async () => {
  const { regions } = await settled();
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.support).then(async ({ load, outcome }) => {
      for (;;) {
        const run = await load(${JSON.stringify(SPANS)}, 'hybrid', { '/': workerData.folder }, ['left:exit', 'write']);
        parentPort.postMessage(outcome(run));
      }
    });`;
  const support = new URL('support.mjs', import.meta.url).href;
  for (let round = 0; round < 3; round++) {
    const workers = [0, 1].map(() => new Worker(code, { eval: true, workerData: { support, folder } }));
    for (const worker of workers) {
      const first = await new Promise((done, fail) => worker.once('message', done).once('error', fail));
      assert.is(first, 0);
    }
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  assert.is((await settled()).regions, regions);
});

life.run();
