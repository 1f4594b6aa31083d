// What registries read: versions and addresses in step, and the crates with all that they are compiled from. What takes longer is in
// `make packages-test`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { skip, temporaryFolder } from './packed.mjs';

function run(words: string[], cwd = '.'): { status: number | null; stdout: string; stderr: string } {
  const [program = '', ...rest] = words;
  return spawnSync(program, rest, { cwd, encoding: 'utf8' });
}

const isClone = run(['git', 'rev-parse', '--is-inside-work-tree']).status === 0;

test('every manifest has the version and the repository of package.json', () => {
  if (!isClone) return skip('manifests: this is no clone');
  const { status, stderr } = run(['node', '.build/release/manifests.mjs', 'check']);
  assert.is(status, 0, stderr);
});

test('one that differs is named, and written anew', () => {
  if (!isClone) return skip('manifests: this is no clone');
  const clone = temporaryFolder('manifests');
  const script = resolve('.build/release/manifests.mjs');
  const files = run(['git', 'ls-files', '*.toml', '*.lock', 'package*.json', 'ts/node/places.ts'])
    .stdout.trim()
    .split('\n');
  for (const file of files) {
    mkdirSync(join(clone, dirname(file)), { recursive: true });
    cpSync(file, join(clone, file));
  }
  for (const words of [
    ['init', '-q'],
    ['add', '-A'],
  ])
    assert.is(run(['git', ...words], clone).status, 0);
  assert.is(run(['node', script, 'check'], clone).stderr, '');
  const manifest = join(clone, 'host/wasmtime/Cargo.toml');
  const text = readFileSync(manifest, 'utf8');
  writeFileSync(manifest, text.replace(/^version = .*$/m, 'version = "0.0.7"').replaceAll('/OWNER/', '/other/'));
  const { status, stderr } = run(['node', script, 'check'], clone);
  assert.is(status, 1);
  assert.match(stderr, /^host\/wasmtime\/Cargo\.toml: /);
  assert.is(run(['node', script, 'write'], clone).status, 0);
  assert.is(readFileSync(manifest, 'utf8'), text);
});

/** The files that cargo would pack. */
function packed(crate: string): string[] | undefined {
  const words = ['package', '--list', '--allow-dirty', '--offline', '--manifest-path', `${crate}/Cargo.toml`];
  const { status, stdout, stderr } = run(['.build/cargo.sh', ...words]);
  if (status === 0) return stdout.trim().split('\n');
  skip(`the files of ${crate}: ${stderr}`);
  return undefined;
}

test('the crate for wasmtime has its core, the headers, their licence, the contract and the parts of its command', () => {
  const files = packed('host/wasmtime');
  if (!files) return;
  const own = ['LICENSE', 'README.md', 'MULTI_TENANT.md', 'build.rs', 'src/lib.rs', 'src/bin/wasi-mmap/main.rs'];
  const core = [
    'core/mapping.cpp',
    'core/include/wasi_mmap_core.h',
    'core/posix/pages.cpp',
    'core/linux/file.cpp',
    'core/windows/file.cpp',
  ];
  const others = [
    'stringzilla/LICENSE',
    'stringzilla/include/stringzilla/find.h',
    'stringzilla/include/stringzilla/find/haswell.h',
  ];
  const contract = ['wit/mmap.wit', 'wit/0.3/mmap.wit', 'wit/deps/filesystem/package.wit'];
  const modules = ['plug', 'polyfill', 'fused', 'provided', 'provided-0-3'].map((name) => `polyfill/${name}.wasm`);
  const shell = ['help.txt', 'wasi-mmap.1', '_wasi-mmap', 'wasi-mmap.fish'].map((name) => `shell/${name}`);
  for (const file of [...own, ...core, ...others, ...contract, ...modules, ...shell])
    assert.ok(files.includes(file), `${file} is not packed`);
  assert.equal(
    files.filter((file) => /^(tests|target|core\/darwin)\//.test(file)),
    [],
  );
});

test('the crate for guests has the contract, and nothing of its neighbours', () => {
  const files = packed('guest/rust');
  if (!files) return;
  for (const file of [
    'LICENSE',
    'README.md',
    'build.rs',
    'src/lib.rs',
    'wit/mmap.wit',
    'wit/0.3/mmap.wit',
    'examples/mgrep.rs',
  ])
    assert.ok(files.includes(file), `${file} is not packed`);
  assert.equal(
    files.filter((file) => /^(memmap2|target|examples\/geo)\//.test(file)),
    [],
  );
});

test.run();
