// Spans: pages of files in the memory of guests, in every compiler of the engines. Each rule has a scenario that breaks it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { gunzipSync, gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Guest, Memory } from './by-hand.mjs';
import { NODES_P3, skipP3 } from '../tools/p3.mjs';
import { platforms, runtimes } from '../tools/platforms.mjs';
import {
  ACCESSES,
  ended,
  runArguments as argumentsIn,
  runsOf,
  SCENARIOS,
  SPANS,
  SPANS_P3,
  UNIT,
  writeFiles,
} from './spans.mjs';
import { load, outcome, settled } from './support.mjs';

const UNAWARE =
  /^wasi-mmap: spans[-.\w]* read zeros, or lost stores, where a mapped file was cut or could not be read\n$/;

/** The number of the error in the contract. */
const UNSUPPORTED = 12;

let folder = '';
const prepare = (): void => writeFiles(folder);

const runArguments = (scenario: string, access: string, component?: string): string[] =>
  argumentsIn(folder, scenario, access, component);

/** With `all`, each scenario has every access: the others run the code of one that has. */
interface Engine {
  name: string;
  command: [string, ...string[]];
  all?: true;
  component?: string;
}

const COMMAND = 'dist/cli/main.mjs';
const inNode = (...options: string[]): Engine['command'] => [process.execPath, ...options, COMMAND];
const ENGINES: Engine[] = [
  { name: 'wasmtime', command: ['build/wasmtime/wasi-mmap'], all: true },
  { name: 'wasmtime, WASI 0.3', command: ['build/wasmtime/wasi-mmap'], component: SPANS_P3 },
  { name: 'node', command: inNode(), all: true },
  // Only the baseline compiler, only the optimizing one, and no switch between them.
  { name: 'node, Liftoff', command: inNode('--liftoff', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering') },
  { name: 'node, TurboFan', command: inNode('--no-liftoff', '--no-wasm-tier-up', '--no-wasm-lazy-compilation') },
];

const musl = platforms.filter(({ name }) => name === 'linux-x64-musl');
for (const { name, host, command, missing } of [...runtimes, ...musl]) {
  if (missing !== undefined)
    console.log(`skips ${name}: this machine has ${missing}`); // The runner fails for that in CI.
  else ENGINES.push({ name, command: [...command, COMMAND], ...(host === 'node' ? {} : { all: true }) });
}

const [nodeP3] = NODES_P3;
if (nodeP3 === undefined) skipP3('spans', 'there is no Node 24.20 or newer (.build/setup.sh nodes)');
else ENGINES.push({ name: 'node, WASI 0.3', command: [nodeP3, COMMAND], component: SPANS_P3 });

for (const { name, command, all, component } of ENGINES) {
  const [program, ...options] = command;
  const test = suite(`spans, ${name}`);
  test.before(() => {
    folder = mkdtempSync(resolve('build', 'spans-'));
  });
  test.after(() => rmSync(folder, { recursive: true }));
  test.before.each(prepare);
  for (const { scenario, access } of runsOf(Object.keys(SCENARIOS), all)) {
    test(`${scenario} ${access}`, () => {
      assert.is(ended(program, [...options, ...runArguments(scenario, access, component)]), SCENARIOS[scenario]);
    });
  }
  for (const access of ACCESSES) {
    test(`a program that does not ask, ${access}`, () => {
      const words = [...options, ...runArguments('unaware', access, component)];
      const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' });
      assert.is(status, 0, stderr);
      assert.match(stderr, UNAWARE);
    });
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
  { name: 'memory that could move', command: inNode('--disable-wasm-trap-handler') },
  ...runtimes.flatMap(({ host, command, missing }): Engine[] => {
    if (missing !== undefined) return [];
    const words = [...command, COMMAND];
    return host === 'bun'
      ? ['useWasmFastMemory', 'useWasmFaultSignalHandler'].map((option) => {
          return { name: `Bun without ${option}`, command: ['env', `BUN_JSC_${option}=0`, ...words] };
        })
      : [
          {
            name: 'Deno with a limit of addresses',
            command: ['sh', '-c', 'ulimit -v 200000000; exec "$@"', 'sh', ...words],
          },
        ];
  }),
  { name: 'polyfill', command: inNode() },
  { name: 'polyfill on wasmtime', command: ['build/wasmtime/wasi-mmap'] },
];
for (const { name, command } of WITHOUT) {
  const [program, ...options] = command;
  movable(name, () => {
    const args = [...options, ...runArguments('none', 'read')];
    if (name.startsWith('polyfill')) args.splice(args.indexOf('run') + 1, 0, '--no-native');
    assert.is(ended(program, args), 0);
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
    outcome(await start('refusals', 'read')); // Code that is loaded once is not counted.
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
    const { parentPort, workerData: { module, folder } } = require('node:worker_threads');
    import(module).then(({ Guest, Memory }) => {
      const guest = new Guest(folder, 'write', new Memory({ initial: 10 }));
      guest.attach(${5 * UNIT}, ${UNIT});
      for (let round = 0; ; round++) {
        const handle = guest.attach(${UNIT}, ${UNIT});
        guest.bytes(${UNIT}, ${UNIT})[round % 10] = 1;
        guest.drop(handle);
        if (round === 10) parentPort.postMessage(typeof handle);
      }
    });`;
  const module = new URL('by-hand.mjs', import.meta.url).href;
  for (let round = 0; round < 3; round++) {
    const workers = [0, 1].map(() => new Worker(code, { eval: true, workerData: { module, folder } }));
    const first = (worker: Worker): Promise<unknown> =>
      new Promise((done, fail) => {
        worker.once('message', done).once('error', fail);
      });
    assert.equal(await Promise.all(workers.map(first)), ['number', 'number']);
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  assert.is((await settled()).regions, regions);
});

life.run();

const hand = suite('spans, and JavaScript that has the memory');

hand.before(() => {
  folder = mkdtempSync(resolve('build', 'spans-'));
});
hand.after(() => rmSync(folder, { recursive: true }));
hand.before.each(prepare);

hand('memory that threads share has none', () => {
  const guest = new Guest(folder, 'read', new Memory({ initial: 10, maximum: 100, shared: true }));
  assert.equal(guest.attach(UNIT, UNIT), { error: UNSUPPORTED });
});

hand('a region outside the memory is a RangeError, and so a trap', () => {
  const guest = new Guest(folder, 'read', new Memory({ initial: 4 }));
  assert.throws(
    () => guest.attach(3 * UNIT, 2 * UNIT),
    (error: unknown) => error instanceof RangeError,
  );
  assert.throws(
    () => guest.attach(4 * UNIT, UNIT),
    (error: unknown) => error instanceof RangeError,
  );
});

hand('a handle that was dropped is not the span of another guest', () => {
  const [guest, other] = ['read', 'read'].map((access) => new Guest(folder, access, new Memory({ initial: 10 })));
  assert.ok(guest && other);
  const handle = guest.attach(UNIT, UNIT) as number;
  guest.drop(handle);
  assert.type(other.attach(UNIT, UNIT), 'number');
  assert.throws(() => guest.call('faulted', handle), TypeError);
  assert.throws(() => guest.call('faulted', 0), TypeError);
  assert.throws(() => guest.call('faulted', -1), TypeError);
  // A free handle is reused.
  assert.is(guest.attach(UNIT, UNIT), handle);
});

for (const access of ACCESSES) {
  hand(`views store and load, ${access}`, () => {
    const guest = new Guest(folder, access, new Memory({ initial: 10 }));
    const handle = guest.attach(UNIT, 4 * UNIT) as number;
    const view = guest.bytes(UNIT, 4 * UNIT);
    assert.is(view[UNIT], 'b'.charCodeAt(0));
    view[5] = 1;
    view.fill(2, 10, 20);
    view.copyWithin(30, 5, 7);
    assert.equal([...guest.bytes(UNIT + 5, 1), ...guest.bytes(UNIT + 19, 1), ...guest.bytes(UNIT + 30, 1)], [1, 2, 1]);
    const file = readFileSync(`${folder}/file`);
    assert.equal([file[5], file[19], file[30]], access === 'write' ? [1, 2, 1] : [97, 97, 97]);
    guest.drop(handle);
    assert.is(guest.bytes(UNIT + 5, 1)[0], 0);
  });

  hand(`the host makes memory grow, ${access}`, () => {
    const guest = new Guest(folder, access, new Memory({ initial: 10 }));
    guest.attach(UNIT, UNIT);
    for (let round = 0; round < 5; round++) guest.memory.grow(1000);
    const region = guest.bytes(UNIT, UNIT);
    assert.is(region[9], 'a'.charCodeAt(0));
    region[9] = 7;
    assert.is(readFileSync(`${folder}/file`)[9], access === 'write' ? 7 : 97);
    writeFileSync(`${folder}/file`, 'others', { flag: 'r+' });
    if (access === 'write') assert.is(String.fromCharCode(...guest.bytes(UNIT, 6)), 'others');
  });

  hand(`views of lost pages are zeros, ${access}`, () => {
    const guest = new Guest(folder, access, new Memory({ initial: 10 }));
    const handle = guest.attach(UNIT, 4 * UNIT) as number;
    const view = guest.bytes(UNIT, 4 * UNIT);
    truncateSync(`${folder}/file`, 100);
    assert.is(view[99], 97);
    assert.is(guest.call('faulted', handle), 0);
    assert.is(
      view.slice(8192, 12288).every((byte) => byte === 0),
      true,
    );
    assert.is(guest.call('faulted', handle), 1);
    view.fill(9);
    assert.is(readFileSync(`${folder}/file`).length, 100);
    assert.is(view[3 * UNIT], 9);
    // Node's own code uses such memory in C++, and in threads of its own.
    assert.is(Buffer.from(view.buffer, UNIT, 4 * UNIT).indexOf(9, 3 * UNIT), 3 * UNIT);
    assert.is(gunzipSync(gzipSync(view)).length, 4 * UNIT);
  });
}

hand('memory lives as long as its spans, and they as long as their guest', async () => {
  const { regions } = await settled();
  // Nothing else refers to the memories: the host keeps those with spans alive, until the tables are garbage.
  const guests = Array.from({ length: 20 }, () => {
    const guest = new Guest(folder, 'write', new Memory({ initial: 10 }));
    guest.attach(UNIT, 4 * UNIT);
    return { mappings: guest.mappings, spans: guest.spans, mapping: guest.mapping };
  });
  assert.is((await settled()).regions, regions + 40);
  const areas = readFileSync('/proc/self/maps', 'latin1').match(/^.*\/file$/gm) ?? [];
  assert.is(areas.filter((line) => line.endsWith(`${folder}/file`)).length, 40);
  const others = Array.from({ length: 20 }, () => new Memory({ initial: 10 }));
  for (const { buffer } of others) new Uint8Array(buffer).fill(1);
  guests.length = 0;
  assert.is((await settled()).regions, regions);
  for (const { buffer } of others) assert.ok(new Uint8Array(buffer).every((byte) => byte === 1));
});

hand.run();
