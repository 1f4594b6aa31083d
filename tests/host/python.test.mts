// The host in Python: the vectors and the hostile guests over the package that embeds wasmtime, and its own unit tests.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Guest } from '../contract/guest.mjs';
import { run } from '../contract/runner.mjs';
import { runAll, type Column } from '../contract/targets.mjs';
import { loadVectors } from '../contract/vectors.mjs';
import { HOSTILE, newFolder, runArguments, WASMTIME_SCENARIOS } from './scenarios.mjs';

const PACKAGES = 'build/python-host/packages';
const PYTHON = ['env', `PYTHONPATH=${PACKAGES}:host/python`, 'PYTHONDONTWRITEBYTECODE=1', 'build/venv/bin/python'];
const HOST = [...PYTHON, '-m', 'wasi_mmap_host'];

const there = existsSync(`${PACKAGES}/wasmtime`) && existsSync('build/python-host/libwasi_mmap_core.so');
const test = suite('host in Python');

function start(words: string[]): { status: number | null; stdout: string; stderr: string } {
  const [program = '', ...rest] = words;
  return spawnSync(program, rest, { encoding: 'utf8', timeout: 120_000 });
}

if (there) {
  const guest = new Guest([...HOST, '--dir', 'build::/', '--dir', '/dev::/dev', 'build/guests/c/contract.wasm']);
  const column: Column = {
    name: 'c-wasmtime-python',
    language: 'c',
    host: 'wasmtime',
    os: process.platform,
    arch: process.arch,
    run: (vector, path) => run((file, spec) => guest.open(file, spec), vector, path),
    close: () => guest.close(),
  };
  let passed = 0;
  for await (const [{ name }, { state, detail }] of runAll(column, [...loadVectors().values()].flat())) {
    if (state === 'skipped') continue;
    passed += 1;
    test(name, () => assert.not(state === 'failed', detail));
  }
  test('most vectors ran', () => assert.ok(passed > 350, `${passed} vectors`));

  const folder = newFolder();
  test.after(() => rmSync(folder, { recursive: true }));
  // Each byte of a list counts for many in the C API, and it cannot raise the limit: 64 MiB are too many.
  for (const [scenario, ends] of Object.entries({ ...WASMTIME_SCENARIOS, 'large-needle': 'trap' as const })) {
    test(`hostile: ${scenario}`, () => {
      assert.ok(existsSync(HOSTILE));
      const { status, stderr } = start([...HOST, ...runArguments(folder, scenario).slice(1)]);
      const end = status === 1 && /^wasmtime\.\S*(Trap|Error)|Traceback/m.test(stderr) ? 'trap' : status;
      assert.ok(
        [ends].flat().some((each) => each === end),
        `${end}: ${stderr}`,
      );
    });
  }

  test('the examples of its README', () => {
    const text = readFileSync('host/python/README.md', 'utf8');
    const [, example = ''] = /^```python\n(.*?)^```/ms.exec(text) ?? [];
    const mgrep = 'build/guests/c/mgrep.wasm';
    const program = example.replace('"/var/log"', JSON.stringify(folder)).replace('app.wasm', mgrep);
    assert.ok(program.includes(folder) && program.includes(mgrep));
    const embedded = start([...PYTHON, '-c', `${program}\nprint(instance)`]);
    assert.match(embedded.stdout, /Instance/, embedded.stderr);

    const [, words = ''] = /^python3 (-m wasi_mmap_host .*)$/m.exec(text) ?? [];
    writeFileSync(join(folder, 'server.log'), 'one\nERROR\n');
    const { status, stdout, stderr } = start([...PYTHON, ...words.replace('/var/log', folder).split(' ')]);
    assert.is(stdout, '2:ERROR\n', stderr);
    assert.is(status, 0);
  });

  test('its unit tests', () => {
    const wit = join(folder, 'wit');
    mkdirSync(wit);
    copyFileSync('tests/host/python/world.wit', join(wit, 'world.wit'));
    cpSync('build/guests/wit/deps', join(wit, 'deps'), { recursive: true });
    const typed = join(folder, 'typed.wasm');
    const opener = join(folder, 'opener.wasm');
    const tool = 'build/venv/bin/wasm-tools';
    for (const words of [
      [tool, 'component', 'embed', wit, 'tests/host/python/opener.wat', '-o', typed],
      [tool, 'component', 'new', typed, '-o', opener],
    ]) {
      const made = start(words);
      assert.is(made.status, 0, made.stderr);
    }
    const { status, stderr } = start([
      'env',
      `OPENER=${opener}`,
      ...PYTHON,
      '-m',
      'unittest',
      'tests/host/python/host_test.py',
    ]);
    assert.is(status, 0, stderr);
    assert.match(stderr, /^Ran [1-9]\d* tests/m);
  });
} else {
  const why = 'the host in Python: this machine has no package wasmtime for it (make python-host)';
  test(`SKIPPED ${why}`, () => assert.not(process.env['CI'] && process.platform === 'linux', why));
  console.log(`SKIPPED ${why}`);
}

test.run();
