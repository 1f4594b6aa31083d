// What <sys/mman.h> of guest/c has beside POSIX, as Linux has it: one program, compiled for both, line by line, over spans
// and over copies; random sequences of calls; files that grow; the number of open files.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { thorough } from '../../tools/thorough.mjs';
import { HOSTS, p3Hosts, runGuest, runHere } from './hosts.mjs';

/** The lines that differ in WebAssembly, on all hosts, and why. */
const DIFFERENT: Record<string, { guest: string; why: string }> = {
  'lock: ok': { guest: 'lock: EPERM', why: 'no host locks the memory of a component' },
  'lock, with a flag: ok': { guest: 'lock, with a flag: EPERM', why: 'likewise' },
  'a file without a name: ok': { guest: 'a file without a name: ENOSYS', why: 'WASI makes no file without a name' },
};

const folder = mkdtempSync(resolve('build', 'linux-'));
mkdirSync(join(folder, 'dev/shm'), { recursive: true });
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const here = runHere('linux', folder, [folder]);
assert.is(here.status, 0, here.lines.at(-1));
for (const line of Object.keys(DIFFERENT)) assert.ok(here.lines.includes(line), line);
const expected = here.lines.map((line) => DIFFERENT[line]?.guest ?? line);

const p3 = p3Hosts('linux');

/**
 * The component `linux-copies` imports no spans: the other way to have copies where there are spans. `linux-0.3` is a command
 * of WASI 0.3.
 */
const RUNS = [
  ...Object.keys(HOSTS).map((host) => ({ host, name: 'linux' })),
  { host: 'wasmtime', name: 'linux-copies' },
  ...p3.map((host) => ({ host, name: 'linux-0.3' })),
];

for (const { host, name } of RUNS) {
  const test = suite(`${name}, ${host}`);
  test('answers as Linux does', () => {
    const { status, lines, error } = runGuest(host, name, folder, ['/']);
    assert.is(status, 0, error);
    assert.equal(lines, expected);
  });
  test('past the last open file the error is EMFILE', () => {
    const { status, lines, error } = runGuest(host, name, folder, ['/', 'files']);
    assert.is(status, 0, error);
    assert.equal(lines, ['open files: 124, then EMFILE', 'the last one: a', 'again: ok']);
  });
  test.run();
}

const random = suite('random sequences of calls');
const steps = thorough ? 2000 : 300;
const randomRuns = [
  ...(thorough ? Object.keys(HOSTS) : ['node', 'wasmtime', 'wasmtime-polyfill']).map((host) => ({
    host,
    name: 'random',
  })),
  ...p3.map((host) => ({ host, name: 'random-0.3' })),
];
for (const { host, name } of randomRuns) {
  for (const seed of thorough ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2]) {
    random(`${name}, ${host}, ${seed}`, () => {
      const words = [`${seed}`, `${steps}`];
      const native = runHere('random', folder, [folder, ...words]);
      assert.is(native.lines.length, steps, native.error);
      const { status, lines, error } = runGuest(host, name, folder, ['/', ...words]);
      assert.is(status, 0, error);
      assert.equal(lines, native.lines);
    });
  }
}
random.run();

const high = suite('addresses from 2 GiB on');
for (const host of ['node', 'wasmtime', 'node-polyfill', 'wasmtime-polyfill']) {
  high(host, () => {
    const native = runHere('high', folder, [join(folder, 'native')]);
    assert.is(native.status, 0, native.error);
    const { status, lines, error } = runGuest(host, 'high', folder, ['/guest']);
    assert.is(status, 0, error);
    assert.equal(lines, native.lines);
    assert.equal(readFileSync(join(folder, 'guest')), readFileSync(join(folder, 'native')));
  });
}
high.run();

const growing = suite('files that are mapped anew as they grow');
/** The sizes in MiB, and the most memory that the program may have in the end. */
const SPANS = { sizes: ['1000', '1100', '1300', '1600', '1900', '2400', '3000', '500'], most: 3100 };
/** A shared copy takes its size twice. */
const COPIES = { sizes: ['20', '24', '30', '40', '60', '10'], most: 220 };
for (const [host, { sizes, most }] of Object.entries({
  node: SPANS,
  wasmtime: SPANS,
  'node-polyfill': COPIES,
  'wasmtime-polyfill': COPIES,
})) {
  for (const sharing of ['shared', 'private']) {
    growing(`${host}, ${sharing}`, () => {
      writeFileSync(join(folder, 'grows'), '');
      truncateSync(join(folder, 'grows'), 3000 * 2 ** 20);
      const { status, lines, error } = runGuest(host, 'growing', folder, ['/grows', sharing, ...sizes]);
      assert.is(status, 0, error);
      assert.equal(
        lines.slice(0, -1),
        sizes.map((size) => `${size} MiB`),
      );
      const memory = Number(/^memory: (\d+) MiB$/.exec(lines.at(-1) ?? '')?.[1]);
      assert.ok(memory <= most, lines.at(-1));
    });
  }
}
growing.run();
