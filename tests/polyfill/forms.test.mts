// The two forms of the polyfill: every guest of this project gets the one inside of its component, and the one in front of it
// still follows the contract.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plug } from '#module';
import { UsageError } from '#options';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Guest } from '../contract/guest.mjs';
import { guest, runAll } from '../contract/targets.mjs';
import { loadVectors } from '../contract/vectors.mjs';
import { fuzz } from '../fuzz/fuzz.mjs';
import { folder as root, plugged, WASMTIME } from './forms.mjs';

const inside = suite('inside of the component');

/** Folders of components, and how many there are at least that map files. */
const FOLDERS: Record<string, number> = {
  'build/guests/c': 6,
  'build/guests/rust': 5,
  'build/guests/javascript': 3,
  'build/guests/python': 1,
  'build/programs': 15,
  'build/crates': 3,
};

for (const [folder, least] of Object.entries(FOLDERS)) {
  inside(folder, async () => {
    const all = existsSync(folder) ? readdirSync(folder) : [];
    const names = all.filter((name) => /^[^.]+\.wasm$/.test(name)); // Not those on the way to a component, or plugged.
    if (names.length === 0) {
      console.log(`skips components in ${folder}: they were not built (make guests crates programs)`);
      assert.not(process.env['CI'], `CI needs ${folder}`);
      return;
    }
    let fused = 0;
    for (const name of names) {
      const path = join(folder, name);
      try {
        const { explanation } = await plug(path, readFileSync(path));
        assert.match(explanation, /^fused: /, path);
        fused += 1;
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        assert.match(error.message, /there is nothing to plug$/);
      }
    }
    assert.ok(fused >= least, `${fused} of ${folder}`);
  });
}

inside.run();

const contract = plugged('build/guests/c/contract.wasm', 'composed');
const devices = process.platform === 'win32' ? [] : ['--dir', '/dev::/dev'];
const target = guest(
  'c',
  'wasmtime-polyfill',
  '0.2',
  new Guest([WASMTIME, 'run', '--dir', 'build::/', ...devices, contract]),
);

// All outcomes first: uvu counts only suites that are defined without a pause.
const outcomes = [];
for await (const outcome of runAll(target, [...loadVectors().values()].flat())) outcomes.push(outcome);

const vectors = suite('in front of the component: the contract');
for (const [{ name }, { state, detail }] of outcomes) {
  if (state !== 'skipped') vectors(name, () => assert.not(state === 'failed', detail));
}
vectors.run();

const test = suite('in front of the component');

const { FUZZ_OPERATIONS = '1000', FUZZ_SEED = String(Math.floor(Math.random() * 2 ** 32)) } = process.env;

for (const truncation of [false, true]) {
  test(`random operations${truncation ? ', while the file is cut' : ''}`, async () => {
    console.log(`composed: seed ${FUZZ_SEED}`);
    assert.is(await fuzz(target, Number(FUZZ_OPERATIONS), Number(FUZZ_SEED), truncation), undefined);
  });
}

for (const language of ['c', 'rust'] as const) {
  test(`mgrep in ${language}`, () => {
    const mgrep = plugged(`build/guests/${language}/mgrep.wasm`, 'composed');
    writeFileSync(join(root, 'text'), 'hay\nhay needle\nhay\n');
    const words = ['run', '--dir', `${root}::/`, mgrep, '-n', 'needle', '/text'];
    const { stdout, stderr, status } = spawnSync(WASMTIME, words, { encoding: 'utf8' });
    assert.is(stdout.replace('/text:', ''), '2:hay needle\n', stderr);
    assert.is(status, 0);
  });
}

test.run();
