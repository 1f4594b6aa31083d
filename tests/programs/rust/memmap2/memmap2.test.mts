// The module `memmap2` of the Rust library, in components on both hosts, with spans and with the copies that stand in for
// them: our tests, those of memmap2 itself, those of a crate that uses memmap2, and a program with it, which prints what it
// prints natively.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { acceptLibcWrites } from 'wasi-mmap/host';
import { load, outcome } from '../../../host/support.mjs';

const CRATES = 'build/crates';
const missing = existsSync(join(CRATES, 'memmap2.wasm')) ? undefined : 'no Rust with the target wasm32-wasip2';

const HOSTS: Record<string, string[]> = {
  node: [process.execPath, 'dist/cli/main.mjs', 'run'],
  wasmtime: ['build/wasmtime/wasi-mmap', 'run'],
};
const MODES = { spans: ['--env', 'SPANS=yes'], copies: ['--no-native', '--env', 'SPANS=no'] };

/** Memory is not executed in WebAssembly: these end with it. */
const NEED_EXECUTION = ['map::mprotect_anon', 'map::mprotect_copy', 'map::mprotect_file'];
/** WASI has no threads. */
const NEED_THREADS = ['decoder::tests::raw_string_mode_rejects_excessive_pointer_depth_and_unknown_types'];

const folder = mkdtempSync(resolve('build', 'memmap2-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

if (missing === undefined) {
  cpSync(join(CRATES, 'test-data'), join(folder, 'maxminddb', 'test-data'), { recursive: true });
  copyFileSync(join(CRATES, 'maxminddb-0.32.0', 'README.md'), join(folder, 'maxminddb', 'README.md')); // One test reads it.
}

function start([program = '', ...words]: string[]): { status: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  return { status, out: stdout, error: stderr };
}

/** Runs the tests in a component, and tells how many there were. */
function passes(command: string[], component: string, words: string[]): number {
  const { status, out, error } = start([...command, join(CRATES, component), ...words, '--nocapture']);
  assert.is(status, 0, `${out.slice(-500)}\n${error.slice(0, 1000)}`);
  const [, count] = /^test result: ok\. (\d+) passed; 0 failed; 0 ignored/m.exec(out) ?? [];
  return Number(count);
}

const without = (names: string[]): string[] => names.flatMap((name) => ['--skip', name]);

/** A folder of its own for each run. */
function granted(words: string[]): string[] {
  const path = mkdtempSync(join(folder, 'files-'));
  return [...words, '--dir', `${path}::/`];
}

function add(name: string, tests: (test: Test) => void): void {
  const test = suite(name);
  if (missing === undefined) tests(test);
  else {
    console.log(`skips ${name}: this machine has ${missing}`);
    test('what is missing', () => assert.not(process.env['CI'], missing));
  }
  test.run();
}

add('what is imported', (test) => {
  test('spans only where they are used', async () => {
    const imports = async (path: string): Promise<string[]> =>
      [...(await componentWit(readFileSync(path))).matchAll(/import (wasi-mmap:[^;]*);/g)].map(([, name = '']) => name);
    assert.equal(await imports('build/guests/rust/mgrep.wasm'), ['wasi-mmap:mmap/mapping@0.2.0']);
    assert.equal(await imports(join(CRATES, 'mmdb.wasm')), [
      'wasi-mmap:mmap/mapping@0.2.0',
      'wasi-mmap:mmap/span@0.2.0',
    ]);
  });
});

add('memmap2 on a host that copies what it is given', (test) => {
  test('copies stand in where attach is unsupported', async () => {
    acceptLibcWrites();
    const files = mkdtempSync(join(folder, 'files-'));
    const words = ['map::', ...without(NEED_EXECUTION), '--quiet'];
    assert.is(outcome(await load(join(CRATES, 'memmap2.wasm'), 'js', { '/': files }, words)), 0);
  });
});

for (const [host, command] of Object.entries(HOSTS)) {
  for (const [mode, options] of Object.entries(MODES)) {
    const run = [...command, ...options];
    add(`memmap2 on ${host}, ${mode}`, (test) => {
      test('what is not there is refused', () => {
        for (const name of NEED_EXECUTION) {
          const { status, error } = start([
            ...granted(run),
            join(CRATES, 'memmap2.wasm'),
            '--exact',
            name,
            '--nocapture',
          ]);
          assert.is(status, 134);
          assert.match(error, /make_exec: Custom \{ kind: Unsupported/);
        }
      });

      test('our tests', () => {
        const count = readFileSync('tests/programs/rust/memmap2/src/edges.rs', 'utf8').match(/^#\[test\]$/gm)?.length;
        assert.is(passes(granted(run), 'memmap2.wasm', ['edges::']), count);
      });

      test('the tests of memmap2', () => {
        assert.is(passes(granted(run), 'memmap2.wasm', ['map::', ...without(NEED_EXECUTION)]), 16);
      });

      const databases = ['--dir', `${join(folder, 'maxminddb')}::/`];

      test('the tests of maxminddb', () => {
        assert.is(passes([...run, ...databases], 'maxminddb.wasm', without(NEED_THREADS)), 146);
      });

      test('a program prints what it prints natively', () => {
        const names = readdirSync(join(folder, 'maxminddb'), { recursive: true, encoding: 'utf8' });
        const paths = names.filter((name) => name.endsWith('.mmdb')).sort();
        const native = spawnSync(resolve(CRATES, 'mmdb'), paths, {
          cwd: join(folder, 'maxminddb'),
          maxBuffer: 1 << 28,
        });
        const expected = native.stdout.toString().split('\n');
        assert.ok(paths.length > 40 && expected.length > 8000);
        const { out, error } = start([...run, ...databases, join(CRATES, 'mmdb.wasm'), ...paths]);
        assert.is(error.replace(/^wasi-mmap: translating .*\n/, ''), '');
        for (const [at, line] of out.split('\n').entries()) assert.is(line, expected[at], `line ${at + 1}`);
        assert.is(out.split('\n').length, expected.length);
      });
    });
  }
}
