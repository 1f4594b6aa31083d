// What one toolchain of Rust has built in the folder RUST_BUILT, see tests/tools/rusts.sh: files of the standard library, exit
// codes, and the vectors of the contract, on both hosts and on the polyfill.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Guest } from '../../contract/guest.mjs';
import { guest, runAll, type Outcome } from '../../contract/targets.mjs';
import { loadVectors } from '../../contract/vectors.mjs';

const built = process.env['RUST_BUILT'] ?? '';
const component = (name: string): string => join(built, `${name}.wasm`);
const NODE = [process.execPath, 'dist/cli/main.mjs', 'run'];
const HOSTS = {
  node: NODE,
  'node-polyfill': [...NODE, '--no-native'],
  wasmtime: ['build/wasmtime/wasi-mmap', 'run'],
} as const;
const names = Object.keys(HOSTS) as Array<keyof typeof HOSTS>;

/** More files than a host may have open that cannot open more than DESCRIPTORS. */
const FILES = 300;
const DESCRIPTORS = 200;

const vectors = [...loadVectors().values()].flat();
const outcomes = new Map<string, Array<[string, Outcome]>>();
for (const host of names) {
  const runner = new Guest([...HOSTS[host], '--dir', 'build::/', '--dir', '/dev::/dev', component('contract')]);
  const list: Array<[string, Outcome]> = [];
  for await (const [{ name }, outcome] of runAll(guest('rust', host, '0.2', runner), vectors))
    list.push([name, outcome]);
  outcomes.set(host, list);
}

for (const host of names) {
  const test = suite(`${built} on ${host}`);

  test('a std::fs::File is mapped though its path is gone, and closed with its last map', () => {
    const folder = mkdtempSync(resolve('build', 'rusts-'));
    try {
      const files = Array.from({ length: FILES }, (_, number) => `${number}`);
      mkdirSync(join(folder, 'files'));
      for (const name of files) writeFileSync(join(folder, 'files', name), 'hello world');
      const { stdout, stderr } = spawnSync(
        'sh',
        [
          '-c',
          `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`,
          ...HOSTS[host],
          '--dir',
          `${join(folder, 'files')}::/`,
          component('std_file'),
          ...files.map((name) => `/${name}`),
        ],
        { encoding: 'utf8' },
      );
      assert.is(stdout, 'mappedworld\n'.repeat(FILES), stderr);
      assert.equal(readdirSync(join(folder, 'files')), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('exit codes', () => {
    for (const words of [['7'], ['own', '9'], ['0'], ['255']]) {
      const [program, ...options] = HOSTS[host];
      const { status, stdout } = spawnSync(program, [...options, component('exit_code'), ...words], {
        encoding: 'utf8',
      });
      assert.equal([status, stdout], [Number(words.at(-1)), words.at(-1)]);
    }
  });

  for (const [name, { state, detail }] of outcomes.get(host) ?? []) {
    if (state !== 'skipped') test(name, () => assert.not(state === 'failed', detail));
  }
  test.run();
}
