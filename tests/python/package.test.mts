// The Python package: what its source distribution holds, and the program of its README.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NODES_P3, skipP3 } from '../tools/p3.mjs';
import { inTerminal } from '../tools/terminal.mjs';
import { thorough } from '../tools/thorough.mjs';

const PYTHON = resolve('build/venv/bin/python');
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasi-mmap');

/** The entry of a folder whose name matches. */
function entry(folder: string, name: RegExp): string {
  return join(folder, readdirSync(folder).find((each) => name.test(each)) ?? '');
}

/** The compiler is the one of all clones, see .build/zig.sh. */
const ENVIRONMENT = {
  ...process.env,
  PYTHONPATH: entry(CACHE, /^ziglang-/),
  ZIG_GLOBAL_CACHE_DIR: join(CACHE, 'zig'),
};

function run(words: string[], cwd = '.'): string {
  const [program = '', ...rest] = words;
  const { status, stdout, stderr } = spawnSync(program, rest, { cwd, env: ENVIRONMENT, encoding: 'utf8' });
  assert.is(status, 0, `${words.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

function inFolder(use: (folder: string) => void): void {
  const folder = mkdtempSync(resolve('build', 'python-package-'));
  try {
    use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the source distribution holds all that a wheel is built from', () => {
  inFolder((folder) => {
    const build = `from setuptools import build_meta; print(build_meta.build_sdist(${JSON.stringify(folder)}))`;
    const name = run([PYTHON, '-c', build], 'guest/python').trim().split('\n').at(-1) ?? '';
    // Far from the clone: nothing outside of it is there.
    const wheels = join(folder, 'wheels');
    run([
      PYTHON,
      '-m',
      'pip',
      'wheel',
      '--quiet',
      '--no-build-isolation',
      '--no-deps',
      '-w',
      wheels,
      join(folder, name),
    ]);
    const wheel = entry(wheels, /\.whl$/);
    const files = run([PYTHON, '-m', 'zipfile', '-l', wheel]);
    for (const file of [
      'wasi_mmap/guest/extension.wasm',
      'wasi_mmap/guest/mmap.py',
      'wasi_mmap/wit/deps/mmap/mmap.wit',
      'wasi_mmap/wit/python.wit',
      'dist-info/licenses/LICENSE',
    ])
      assert.ok(files.includes(file), `${file}\n${files}`);
    run([PYTHON, '-m', 'zipfile', '-e', wheel, wheels]);
    const metadata = readFileSync(join(entry(wheels, /\.dist-info$/), 'METADATA'), 'utf8');
    assert.match(metadata, /^# mmap for Python in WebAssembly$/m);
    assert.not.match(metadata, /\]\((?!https:)/, 'every link is one that PyPI can follow');
  });
});

/** Builds the program of the README with these options, and runs it. */
function runReadme(options: string[], commands: string[][]): void {
  const [, program = ''] =
    /```python\n(# app\.py\n[^]*?)```/.exec(readFileSync('guest/python/README.md', 'utf8')) ?? [];
  inFolder((folder) => {
    writeFileSync(join(folder, 'app.py'), program);
    mkdirSync(join(folder, 'log'));
    writeFileSync(join(folder, 'log/server.log'), 'WARN one\nERROR two\nWARNING three\n');
    run([PYTHON, '-m', 'wasi_mmap', join(folder, 'app.py'), '-o', join(folder, 'app.wasm'), ...options]);
    const words = ['run', '--dir-ro', `${folder}/log::/log`, join(folder, 'app.wasm'), '/log/server.log'];
    for (const command of commands) assert.is(run([...command, ...words]), '9 2\n');
  });
}

test('the program of the README becomes a component, and runs', () => {
  runReadme([], [[process.execPath, 'dist/cli/main.mjs']]);
});

test('and a command of WASI 0.3', () => {
  const [node] = NODES_P3;
  if (node === undefined) skipP3('python', 'there is no Node 24.20 or newer (.build/setup.sh nodes)');
  const inNode = node === undefined ? [] : [[node, 'dist/cli/main.mjs']];
  runReadme(['--wasi', '0.3'], [['build/wasmtime/wasi-mmap'], ...inNode]);
});

test('a terminal shows how long a component is being built, and nothing else does', () => {
  const words = ['-m', 'wasi_mmap', '/no-such.py', '-o', '/no-such.wasm'];
  const pipe = spawnSync(PYTHON, words, { encoding: 'utf8' });
  assert.equal([pipe.status, pipe.stdout + pipe.stderr], [1, 'wasi_mmap: no such file: /no-such.py\n']);
  const environment = { ...process.env, TERM: 'xterm' };
  const terminal = spawnSync(...inTerminal([PYTHON, ...words]), { encoding: 'utf8', env: environment });
  assert.is(terminal.status, 1);
  assert.match(terminal.stdout, /wasi_mmap: building \/no-such\.wasm: \d\.\d s\r\nwasi_mmap: no such file/);
});

/** Makes a component of a program, and returns what it prints. */
function outputOf(folder: string, program: string): string {
  run([PYTHON, '-m', 'wasi_mmap', join(folder, program), '-o', join(folder, 'made.wasm')]);
  return run([process.execPath, 'dist/cli/main.mjs', 'run', join(folder, 'made.wasm')]);
}

const BOM = '\uFEFF';

test('a program beside a virtual environment and links, with an encoding of its own', () => {
  inFolder((root) => {
    const [folder, elsewhere] = [join(root, 'program'), join(root, 'elsewhere')];
    mkdirSync(join(elsewhere, 'package'), { recursive: true });
    writeFileSync(join(elsewhere, 'package/__init__.py'), 'from .part import name\n');
    writeFileSync(join(elsewhere, 'package/part.py'), `${BOM}name = "a linked package"\n`);
    writeFileSync(join(elsewhere, 'file.py'), '# -*- coding: latin-1 -*-\nname = "a linked module, \xe9"\n', 'latin1');
    mkdirSync(folder);
    run([PYTHON, '-m', 'venv', '--without-pip', join(folder, 'venv')]);
    run([PYTHON, '-m', 'venv', '--without-pip', join(folder, 'environment')]);
    symlinkSync(join(elsewhere, 'package'), join(folder, 'package'));
    symlinkSync(join(elsewhere, 'file.py'), join(folder, 'module.py'));
    symlinkSync('/nowhere/at/all.py', join(folder, 'nothing.py'));
    symlinkSync(folder, join(folder, 'again'));
    symlinkSync('/', join(folder, 'disk'));
    spawnSync('mkfifo', [join(folder, 'pipe.py')]);
    const program = `# -*- coding: latin-1 -*-
import module, package
print("\xe9", module.name, package.name, sep=", ")
try:
    import nothing
except ImportError as error:
    print(error)
`;
    writeFileSync(join(folder, 'program.py'), program, 'latin1');
    assert.is(
      outputOf(folder, 'program.py'),
      "\xe9, a linked module, \xe9, a linked package\nNo module named 'nothing'\n",
    );
  });
});

test('a program that begins with a BOM', () => {
  if (!thorough) return;
  inFolder((folder) => {
    writeFileSync(join(folder, 'bom.py'), `${BOM}print("\xe9")\n`);
    assert.is(outputOf(folder, 'bom.py'), '\xe9\n');
  });
});

test.run();
