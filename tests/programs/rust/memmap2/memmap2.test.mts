// The module `memmap2` of the Rust library, in components on both hosts, with spans and with the copies that stand in for
// them: our tests, those of memmap2 itself, those of a crate that uses memmap2, and a program with it, which prints what it
// prints natively.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { acceptLibcWrites } from 'wasi-mmap/host';
import { load, outcome } from '../../../host/support.mjs';
import { runAll, windowsSuite, type Ended, type Wine } from '../../../tools/wine.mjs';

/** tests/tools/rusts.sh names another folder, of another toolchain. */
const CRATES = process.env['RUST_BUILT'] ?? 'build/crates';
const missing = existsSync(join(CRATES, 'memmap2.wasm')) ? undefined : 'no Rust with the target wasm32-wasip2';

const HOSTS: Record<string, string[]> = {
  node: [process.execPath, 'dist/cli/main.mjs', 'run'],
  wasmtime: ['build/wasmtime/wasi-mmap', 'run'],
};
const MODES = { spans: ['--env', 'SPANS=yes'], copies: ['--no-native', '--env', 'SPANS=no'] };

/** The tests of each line of memmap2, with their number without those below. */
const LINES = {
  map: 25,
  'older::v0_5::test': 17,
  'older::v0_6::test': 18,
  'older::v0_7::test': 22,
  'older::v0_8::test': 23,
};
const NAMES = Object.keys(LINES);
const OF_MEMMAP2 = LINES.map;
const OF_ALL_LINES = Object.values(LINES).reduce((sum, count) => sum + count);

/** Memory is not executed in WebAssembly: these end with it. */
const NEED_EXECUTION = NAMES.flatMap((line) => ['anon', 'copy', 'file'].map((name) => `${line}::mprotect_${name}`));
/** The pages of copies are not locked, and a map does not see what another one has not stored. */
const NEED_SPANS = NAMES.flatMap((line) => [`${line}::lock`, `${line}::advise`]);
/** The words above skip these too. */
const SKIPPED_TOO = 'advise_writes';
const OF_SKIPPED_TOO = { map: 2, all: 3 };
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

/** How many tests there were, all of which passed. */
function countOf(status: number | string | null, out: string, error: string): number {
  assert.is(status, 0, `${out.slice(-500)}\n${error.slice(0, 1000)}`);
  const [, count] = /^test result: ok\. (\d+) passed; 0 failed; 0 ignored/m.exec(out) ?? [];
  return Number(count);
}

/** Runs the tests in a component, and tells how many there were. */
function passes(command: string[], component: string, words: string[]): number {
  const { status, out, error } = start([...command, join(CRATES, component), ...words, '--nocapture']);
  return countOf(status, out, error);
}

/** The names of our tests. */
const testsIn = (file: string): string[] =>
  [
    ...readFileSync(`tests/programs/rust/memmap2/src/${file}.rs`, 'utf8').matchAll(
      /^#\[test\]\n(?:#\[.*\]\n)*fn (\w+)/gm,
    ),
  ].map(([, name = '']) => name);
const edges = (): string[] => testsIn('edges');
const OF_MAXMINDDB = 146;

/** The databases below the folder. */
const databases = (): string[] =>
  readdirSync(join(folder, 'maxminddb'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.mmdb'))
    .sort();

/** Checks the output of the program with what it prints natively. */
function checkProgram(paths: string[], out: string, error: string): void {
  const native = spawnSync(resolve(CRATES, 'mmdb'), paths, { cwd: join(folder, 'maxminddb'), maxBuffer: 1 << 28 });
  const expected = native.stdout.toString().split('\n');
  assert.ok(paths.length > 40 && expected.length > 8000);
  assert.is(error.replace(/^wasi-mmap: translating .*\n/, ''), '');
  for (const [at, line] of out.split('\n').entries()) assert.is(line, expected[at], `line ${at + 1}`);
  assert.is(out.split('\n').length, expected.length);
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
    const words = ['map::', ...without([...NEED_EXECUTION, ...NEED_SPANS]), '--quiet'];
    assert.is(outcome(await load(join(CRATES, 'memmap2.wasm'), 'js', { '/': files }, words)), 0);
  });
});

for (const [host, command] of Object.entries(HOSTS)) {
  for (const [mode, options] of Object.entries(MODES)) {
    const run = [...command, ...options];
    add(`memmap2 on ${host}, ${mode}`, (test) => {
      test('what is not there is refused', () => {
        const refused = mode === 'spans' ? [] : ['map::lock'];
        for (const name of [...refused, ...NEED_EXECUTION.filter((one) => one.startsWith('map'))]) {
          const { status, error } = start([
            ...granted(run),
            join(CRATES, 'memmap2.wasm'),
            '--exact',
            name,
            '--nocapture',
          ]);
          assert.is(status, 134);
          assert.match(error, /(make_exec|mmap lock should .*): Custom \{ kind: Unsupported/);
        }
      });

      test('our tests', () => {
        assert.is(passes(granted(run), 'memmap2.wasm', ['edges::']), edges().length);
      });

      test('what memmap2 does natively', () => {
        assert.is(passes(granted(run), 'memmap2.wasm', ['portable::']), testsIn('portable').length);
      });

      test('the tests of memmap2, of each line', () => {
        const skipped = mode === 'spans' ? NEED_EXECUTION : [...NEED_EXECUTION, ...NEED_SPANS];
        const passed = passes(granted(run), 'memmap2.wasm', ['map::', 'older::', ...without(skipped)]);
        if (mode === 'spans') {
          assert.is(passed, OF_ALL_LINES);
        } else {
          assert.is(passed, OF_ALL_LINES - NEED_SPANS.length - OF_SKIPPED_TOO.all);
          assert.is(passes(granted(run), 'memmap2.wasm', [SKIPPED_TOO]), OF_SKIPPED_TOO.all);
        }
      });

      const grant = ['--dir', `${join(folder, 'maxminddb')}::/`];

      test('the tests of maxminddb', () => {
        assert.is(passes([...run, ...grant], 'maxminddb.wasm', without(NEED_THREADS)), OF_MAXMINDDB);
      });

      test('a program with memmap2 as published: a warning', () => {
        const stub = join(CRATES, 'mmdb-stub.wasm');
        const warning =
          /^wasi-mmap: mmdb-stub\.wasm has the crate memmap2 as published, .* "cargo update -p memmap2"$/m;
        const [path = ''] = databases();
        const ran = start([...run, ...grant, stub, path]);
        assert.match(ran.error, warning);
        assert.match(ran.out, /unsupported|not supported/);
        assert.is(ran.status, 0);
        const plug = [...command.slice(0, -1), 'plug'];
        const refused = start([...plug, stub, '-o', join(folder, 'none.wasm')]);
        assert.match(refused.error, warning);
        assert.match(refused.error, /there is nothing to plug/);
        const plugged = join(folder, 'plugged.wasm');
        assert.equal(start([...plug, join(CRATES, 'mmdb.wasm'), '-o', plugged]), { status: 0, out: '', error: '' });
        const again = start([...run, ...grant, plugged, path]);
        assert.not.match(again.error, /memmap2/);
        assert.is(again.status, 0);
      });

      test('a program prints what it prints natively', () => {
        const paths = databases();
        const { out, error } = start([...run, ...grant, join(CRATES, 'mmdb.wasm'), ...paths]);
        checkProgram(paths, out, error);
      });
    });
  }
}

const WINDOWS: Record<string, { wine: Wine; options: string[] }> = {
  copies: { wine: 'no spans', options: ['--env', 'SPANS=no'] },
  polyfill: { wine: 'no spans', options: MODES.copies },
  spans: { wine: 'spans', options: MODES.spans },
};

/** Our tests that need what Windows refuses: how they end there, and in which modes. */
const REFUSED: ReadonlyArray<{ name: string; why: string; error: RegExp; modes: string[] }> = [
  {
    name: 'past_the_end_of_the_file',
    why: 'no map reaches past the end of its file',
    error: /name: "past-end"/,
    modes: ['spans', 'copies'],
  },
  {
    name: 'past_the_end_of_a_file_that_grows_later',
    why: 'no map reaches past the end of its file',
    error: /name: "past-end"/,
    modes: ['spans'],
  },
  {
    name: 'a_file_that_is_cut',
    why: 'a file that is mapped is not cut',
    error: /edges\.rs.*\n.*I\/O error/,
    modes: ['spans', 'copies'],
  },
  {
    name: 'a_file_that_is_cut_before_the_end_of_a_copy',
    why: 'a file that is mapped is not cut',
    error: /edges\.rs.*\n.*I\/O error/,
    modes: ['copies'],
  },
  {
    name: 'a_map_outlives_its_file',
    why: 'wasmtime does not remove a file while it is open',
    error: /edges\.rs.*\n.*PermissionDenied/,
    modes: Object.keys(WINDOWS),
  },
];

for (const [mode, { wine, options }] of Object.entries(WINDOWS)) {
  // The first is said above. Other toolchains are tested here alone.
  if (missing !== undefined || process.env['RUST_BUILT'] !== undefined) break;
  windowsSuite(`memmap2 on wasmtime on Windows, ${mode}`, wine, (test) => {
    const run = ['run', ...options];
    const databaseGrant = ['--dir', `${relative('.', join(folder, 'maxminddb'))}::/`];
    const refused = REFUSED.filter(({ modes }) => modes.includes(mode));
    const component = (name: string): string => `${CRATES}/${name}.wasm`;
    const memmap2 = (...words: string[]): string[] => {
      const path = relative('.', mkdtempSync(join(folder, 'files-')));
      return [...run, '--dir', `${path}::/`, component('memmap2'), ...words, '--nocapture'];
    };
    const paths = databases();
    const jobs = {
      memmap2: memmap2('map::', ...without([...NEED_EXECUTION, ...NEED_SPANS])),
      edges: memmap2(
        '--exact',
        ...edges()
          .filter((name) => !refused.some((one) => one.name === name))
          .map((name) => `edges::${name}`),
      ),
      maxminddb: [...run, ...databaseGrant, component('maxminddb'), ...without(NEED_THREADS), '--nocapture'],
      mmdb: [...run, ...databaseGrant, component('mmdb'), ...paths],
      ...Object.fromEntries(refused.map(({ name }) => [name, memmap2('--exact', `edges::${name}`)])),
    };
    const ends = new Map<string, Ended>();
    test.before(() => {
      const all = runAll(wine, Object.values(jobs));
      for (const [at, name] of Object.keys(jobs).entries()) ends.set(name, all[at] as Ended);
    });
    const counted = (name: string): number => {
      const { code, out, error } = ends.get(name) as Ended;
      return countOf(code, out, error);
    };

    test('our tests', () => {
      assert.is(counted('edges'), edges().length - refused.length);
    });
    test('the tests of memmap2', () => assert.is(counted('memmap2'), OF_MEMMAP2 - 2 - OF_SKIPPED_TOO.map));
    test('the tests of maxminddb', () => assert.is(counted('maxminddb'), OF_MAXMINDDB));
    test('a program prints what it prints natively', () => {
      const { out, error } = ends.get('mmdb') as Ended;
      checkProgram(paths, out, error);
    });
    for (const { name, why, error } of refused) {
      test(`${name}: ${why}`, () => {
        const ended = ends.get(name) as Ended;
        assert.is(ended.code, 134, ended.out + ended.error);
        assert.match(ended.error, error);
      });
    }
  });
}
