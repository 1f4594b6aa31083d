// `make packages-test`: every file of build/packages, installed in an empty folder of its own, with the first example of its README.
// What an example runs on comes from build/packages too, where there is something. A word runs only the tests with it in their names;
// they take the component and the npm package of the last whole run.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Guest } from '../contract/guest.mjs';
import { guest as target, runAll } from '../contract/targets.mjs';
import { loadVectors } from '../contract/vectors.mjs';
import { ended, runArguments, runsOf, SCENARIOS, writeFiles } from '../host/spans.mjs';
import { platforms } from '../tools/platforms.mjs';
import { CARGO_TARGET, findProgram, findTools, PIP_INSTALL, skip } from './packed.mjs';

const [word = ''] = process.argv.slice(2);
const all = suite('packages');
const test = (name: string, body: () => void | Promise<void>): void => {
  if (name.includes(word)) all(name, body);
};

const PACKAGES = resolve('build/packages');
const ROOT = resolve('build/packages-test');
const VENV = resolve('build/venv/bin');
const LOG = 'one\nERROR two\nthree WARN\nERROR four\nfive\n';
const RESULT = 'ERROR four\n';

/** The only file in a part of build/packages whose name matches. */
function artefact(part: string, name: RegExp): string {
  const found = readdirSync(join(PACKAGES, part)).filter((each) => name.test(each));
  assert.is(found.length, 1, `${part}: ${found.join(' ')}`);
  return join(PACKAGES, part, found[0] as string);
}

/** An empty folder. It stays where it is for the next time, for cargo knows a crate by its path. */
function emptyFolder(name: string): string {
  const folder = join(ROOT, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function run(words: string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const [program = '', ...rest] = words;
  const { status, stdout, stderr } = spawnSync(program, rest, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  assert.is(status, 0, `${words.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

/** Unpacks with new times: cargo compares those, and all in a crate are of 2006. */
function unpack(archive: string, folder: string): string {
  execFileSync('tar', ['-xzmf', archive, '-C', folder]);
  return join(folder, readdirSync(folder)[0] as string);
}

function block(readme: string, start: RegExp): string {
  const blocks = [...readFileSync(readme, 'utf8').matchAll(/^```[\w,]+\n(.*?)^```/gms)].map(([, text = '']) => text);
  const found = blocks.find((text) => start.test(text));
  assert.ok(found, `${readme} has ${start}`);
  return found;
}

/** A project of cargo with a program, and what its manifest says beside. */
function project(folder: string, program: string, manifest: string): void {
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src/main.rs'), program);
  writeFileSync(
    join(folder, 'Cargo.toml'),
    `[package]\nname = "app"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n\n${manifest}`,
  );
}

const cargo = resolve('.build/cargo.sh');
const WASM = ['build', '--quiet', '--release', '--target', 'wasm32-wasip2'];
const logs = join(ROOT, 'logs');

let crate = '';
let hostCrate = '';
const guest = join(ROOT, 'guest.wasm');
const npm = join(ROOT, 'npm');

all.before(() => {
  mkdirSync(logs, { recursive: true });
  writeFileSync(join(logs, 'server.log'), LOG);
  // Nothing has changed since they were made.
  run(['sha256sum', '--check', '--quiet', 'SHA256SUMS'], PACKAGES);
  crate = unpack(artefact('cargo', /^wasi-mmap-\d/), emptyFolder('rust-crate'));
  hostCrate = unpack(artefact('cargo', /^wasmtime-wasi-mmap-/), emptyFolder('wasmtime-crate'));
});

/** The second number of the newest version of glibc whose symbols `readelf` has named. */
const newestGlibc = (symbols: string): number =>
  Math.max(0, ...[...symbols.matchAll(/@GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor)));

test('crates: cargo publish --dry-run packs the same bytes, and warns of nothing', () => {
  for (const source of ['guest/rust', 'host/wasmtime']) {
    const to = emptyFolder('dry-run');
    // The tests below compile what is packed.
    const words = ['publish', '--dry-run', '--no-verify', '--locked', '--allow-dirty', '--target-dir', to];
    const { status, stderr } = spawnSync(cargo, [...words, '--manifest-path', `${source}/Cargo.toml`], {
      encoding: 'utf8',
      env: { ...process.env, CARGO_TERM_COLOR: 'never' },
    });
    assert.is(status, 0, stderr);
    // Tests stay in the clone.
    assert.equal(stderr.match(/^warning: (?!ignoring test ).*$/gm), ['warning: aborting upload due to dry run']);
    const packed = readdirSync(to, { encoding: 'utf8', recursive: true }).find((path) => path.endsWith('.crate'));
    assert.ok(packed);
    const kept = join(PACKAGES, 'cargo', basename(packed));
    assert.ok(readFileSync(join(to, packed)).equals(readFileSync(kept)), kept);
  }
});

test('crate wasi-mmap: the example of its README becomes a component', () => {
  const folder = emptyFolder('rust');
  const dependencies = block(join(crate, 'README.md'), /^\[dependencies\]\nwasi-mmap = "/);
  project(
    folder,
    block(join(crate, 'README.md'), /^use std::io::BufRead/),
    `${dependencies}\n[patch.crates-io]\nwasi-mmap = { path = "${crate}" }\n`,
  );
  run([cargo, ...WASM], folder, { CARGO_TARGET_DIR: join(ROOT, 'target') });
  copyFileSync(join(ROOT, 'target/wasm32-wasip2/release/app.wasm'), guest);
});

test('crate wasi-mmap: with all its features, and its examples', () => {
  const words = [...WASM, '--locked', '--examples', '--features', 'p3,std-file,exit-code,stable_deref_trait'];
  run([cargo, ...words], crate, { CARGO_TARGET_DIR: join(ROOT, 'target') });
});

test('npm: the example of its README, and the command runs the component', () => {
  emptyFolder('npm');
  writeFileSync(join(npm, 'package.json'), '{ "private": true }');
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const peers = ['jco-transpile', 'preview2-shim'].map((name) => `@bytecodealliance/${name}`);
  const versions = peers.map((name) => `${name}@${devDependencies[name]}`);
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  run(['npm', 'install', ...options, artefact('npm', /\.tgz$/), ...versions], npm);
  writeFileSync(join(npm, 'example.mjs'), block('ts/README.md', /^\/\/ example\.mjs/));
  writeFileSync(join(npm, 'data.bin'), 'hay\na needle\n');
  assert.is(run([process.execPath, 'example.mjs'], npm), '13 10\n4\n9\n');
  assert.is(readFileSync(join(npm, 'data.bin'), 'utf8'), 'hay\na NEEDLE\n');
  assert.is(run(['npx', 'wasi-mmap', 'run', '--dir-ro', `${logs}::/log`, guest], npm), RESULT);
});

test('npm: publint and attw have nothing against it', () => {
  const archive = artefact('npm', /\.tgz$/);
  run([resolve('node_modules/.bin/publint'), '--strict', archive], '.');
  const tools = findTools('packages');
  if (tools === undefined) return skip('attw: npm does not have it here');
  // node10 knows no `exports`, and this package needs Node 20. ./host and ./polyfill are ES modules alone.
  const rules = ['--ignore-rules', 'cjs-resolves-to-esm', '--profile', 'node16'];
  run([process.execPath, join(tools, '@arethetypeswrong/cli/dist/index.js'), archive, ...rules], '.');
});

test('crate wasmtime-wasi-mmap: the host of its README runs the component', () => {
  const folder = emptyFolder('wasmtime');
  const readme = join(hostCrate, 'README.md');
  // As in tests/wasmtime/readme.test.mts: with the features and the profile of the command, wasmtime is compiled already.
  const http = 'wasmtime-wasi-http = { version = "48", default-features = false, features = ["p2"] }\n';
  const patch = `[patch.crates-io]\nwasmtime-wasi-mmap = { path = "${hostCrate}" }\n`;
  const dependencies = block(readme, /^\[dependencies\]\nwasmtime = /);
  project(
    folder,
    block(readme, /^\/\/ main\.rs/),
    `${dependencies}${http}\n${patch}\n[profile.release]\nstrip = true\n`,
  );
  copyFileSync(join(hostCrate, 'Cargo.lock'), join(folder, 'Cargo.lock'));
  const words = ['run', '--quiet', '--release', '--', guest, ROOT];
  // The host grants one directory, as the root.
  rmSync(join(ROOT, 'log'), { recursive: true, force: true });
  mkdirSync(join(ROOT, 'log'));
  copyFileSync(join(logs, 'server.log'), join(ROOT, 'log/server.log'));
  assert.is(run([cargo, ...words], folder, { CARGO_TARGET_DIR: CARGO_TARGET }), RESULT);
});

test('crate wasmtime-wasi-mmap: cargo install makes the command of it', () => {
  const root = emptyFolder('installed');
  const words = [
    'install',
    '--quiet',
    '--locked',
    '--path',
    hostCrate,
    '--features',
    'cli',
    '--root',
    root,
    '--no-track',
  ];
  // A clone whose crate has the same name in this folder must not take what is built here for its own, see .build/cargo.sh.
  rmSync(join(CARGO_TARGET, 'clone'), { force: true });
  run([cargo, ...words], ROOT, { CARGO_TARGET_DIR: CARGO_TARGET });
  rmSync(join(CARGO_TARGET, 'clone'), { force: true });
  assert.is(run([join(root, 'bin/wasi-mmap'), 'run', '--dir-ro', `${logs}::/log`, guest], ROOT), RESULT);
  const plugged = join(ROOT, 'plugged.wasm');
  run([join(root, 'bin/wasi-mmap'), 'plug', guest, '-o', plugged], ROOT);
  assert.is(run([resolve('build/wasmtime/wasmtime'), 'run', '--dir', `${logs}::/log`, plugged], ROOT), RESULT);
});

/** The program of the README that uses memmap2, and what it prints. */
function mapsWithMemmap2(folder: string, patch: string): void {
  project(
    folder,
    block('guest/rust/README.md', /^use memmap2::/),
    `[dependencies]\nmemmap2 = "0.9"\n\n[patch.crates-io]\n${patch}`,
  );
  run([cargo, ...WASM], folder, { CARGO_TARGET_DIR: join(ROOT, 'target') });
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/text'), 'hay\nhay\n');
  const words = [
    'npx',
    'wasi-mmap',
    'run',
    '--dir',
    `${folder}/data::/data`,
    join(ROOT, 'target/wasm32-wasip2/release/app.wasm'),
  ];
  assert.is(run(words, npm), '2 lines\n');
  assert.is(readFileSync(join(folder, 'data/text'), 'utf8'), 'HAY\nhay\n');
}

test('the stand-in for memmap2, from its archive', () => {
  const standIn = unpack(artefact('memmap2', /\.tar\.gz$/), emptyFolder('memmap2-crates'));
  const patch = `memmap2 = { path = "${standIn}" }\nwasi-mmap = { path = "${crate}" }\n`;
  mapsWithMemmap2(emptyFolder('memmap2'), patch);
  for (const line of ['0.5', '0.6', '0.7', '0.8']) {
    const manifest = readFileSync(join(standIn, line, 'Cargo.toml'), 'utf8');
    assert.match(manifest, /^wasi-mmap = \{ version = "[^"]+", features/m, line);
    const folder = emptyFolder(`memmap2-${line}`);
    project(
      folder,
      'fn main() { println!("{}", memmap2::MmapOptions::new().map_anon().is_err()); }',
      `[dependencies]\nmemmap2 = "${line}"\n\n[patch.crates-io]\nmemmap2 = { path = "${join(standIn, line)}" }\nwasi-mmap = { path = "${crate}" }\n`,
    );
    run([cargo, ...WASM], folder, { CARGO_TARGET_DIR: join(ROOT, 'target') });
  }
});

test('the stand-in for memmap2, by git as the README says', () => {
  const repository = join(emptyFolder('git'), 'wasi-mmap');
  run(['git', 'clone', '--quiet', '--depth', '1', `file://${resolve('.')}`, repository], ROOT);
  const patches = block('guest/rust/README.md', /^\[dependencies\]\nmemmap2 = /);
  const entry = /^memmap2 = \{ git.*$/m.exec(patches)?.[0].replace(/https:[^"]*/, `file://${repository}`);
  assert.ok(entry);
  const folder = emptyFolder('memmap2-git');
  mapsWithMemmap2(folder, `${entry}\n`);
  assert.match(run([cargo, 'tree', '--quiet', '-i', 'memmap2', '--target', 'wasm32-wasip2'], folder), `memmap2 v0.9`);
  assert.match(readFileSync(join(folder, 'Cargo.lock'), 'utf8'), `source = "git+file://${repository}`);
});

/** A new environment of Python with these packages of the pins, and one of build/packages. */
function environment(name: string, pins: string, only: RegExp, wheel: string): string {
  const folder = emptyFolder(name);
  run(['python3', '-m', 'venv', folder], ROOT);
  const entries = readFileSync(`.build/pins/${pins}.txt`, 'utf8').split(/\n(?=\S)/);
  writeFileSync(join(folder, 'pins.txt'), entries.filter((entry) => only.test(entry)).join('\n'));
  const pip = [join(folder, 'bin/python'), ...PIP_INSTALL];
  run([...pip, '--require-hashes', '-r', join(folder, 'pins.txt')], ROOT);
  // Without a compiler: nothing is built.
  run([...pip, '--no-index', '--only-binary', ':all:', wheel], ROOT);
  run([join(folder, 'bin/python'), '-m', 'pip', 'check', '--disable-pip-version-check'], ROOT);
  return join(folder, 'bin/python');
}

test('wheel wasi-mmap: the program of its README becomes a component', () => {
  const python = environment('python', 'guests', /^componentize-py==/, artefact('python', /^wasi_mmap-.*\.whl$/));
  const app = join(ROOT, 'python/app.py');
  writeFileSync(app, block('guest/python/README.md', /^# app\.py/));
  const component = join(ROOT, 'python/app.wasm');
  run([python, '-m', 'wasi_mmap', app, '-o', component], ROOT, { PATH: '/usr/bin:/bin', PYTHONPATH: '' });
  const words = ['npx', 'wasi-mmap', 'run', '--dir-ro', `${logs}::/log`, component, '/log/server.log'];
  assert.is(run(words, npm), '25 1\n');
});

test('wheel wasi-mmap-host: the example of its README, and its command runs the component', () => {
  if (process.platform !== 'linux') return skip('wasi-mmap-host: it is for Linux');
  const machine = process.arch === 'x64' ? 'x86_64' : 'aarch64';
  const wheel = artefact('python', new RegExp(`^wasi_mmap_host-.*_${machine}\\.whl$`));
  const python = environment('python-host', 'engines', /^wasmtime==/, wheel);
  const folder = join(ROOT, 'python-host');
  const program = block('host/python/README.md', /^from wasi_mmap_host/)
    .replace('"/var/log"', JSON.stringify(logs))
    .replace('app.wasm', guest);
  writeFileSync(join(folder, 'example.py'), `${program}\nprint(type(instance).__name__)\n`);
  assert.is(run([python, 'example.py'], folder), 'Instance\n');
  assert.is(run([python, '-m', 'wasi_mmap_host', '--dir-ro', `${logs}::/log`, guest], folder), RESULT);
});

test('wheels wasi-mmap-host: the core of each is for its processor, and for glibc 2.28', () => {
  for (const [machine, name] of [
    ['x86_64', /Machine: +Advanced Micro Devices X86-64/],
    ['aarch64', /Machine: +AArch64/],
  ] as const) {
    const folder = emptyFolder(`wheel-${machine}`);
    const wheel = artefact('python', new RegExp(`^wasi_mmap_host-.*_${machine}\\.whl$`));
    run(['python3', '-m', 'zipfile', '-e', wheel, folder], ROOT);
    const said = run(['readelf', '-h', '-d', '--dyn-syms', '-W', 'wasi_mmap_host/libwasi_mmap_core.so'], folder);
    assert.match(said, name);
    assert.ok(newestGlibc(said) <= 28);
    assert.not.match(said, /libstdc|libc\+\+|libgcc/);
  }
});

test('source distribution wasi-mmap-host: c++ alone builds a wheel of it', () => {
  if (process.platform !== 'linux') return skip('wasi-mmap-host: it is for Linux');
  const folder = emptyFolder('python-source');
  const words = ['-m', 'pip', 'wheel', '--quiet', '--disable-pip-version-check', '--no-deps', '--no-build-isolation'];
  run([join(VENV, 'python'), ...words, artefact('python', /^wasi_mmap_host-.*\.tar\.gz$/)], folder, { CXX: 'c++' });
  assert.match(readdirSync(folder).join(), /^wasi_mmap_host-.*-py3-none-linux_\w+\.whl$/);
});

test('Python: twine has nothing against the metadata', () => {
  const files = readdirSync(join(PACKAGES, 'python')).map((name) => join(PACKAGES, 'python', name));
  assert.is(files.length, 5);
  const said = run([join(VENV, 'twine'), 'check', '--strict', ...files], ROOT, { NO_COLOR: '1', COLUMNS: '500' });
  assert.is(said.match(/PASSED/g)?.length, files.length, said);
});

const TOOLS = join(VENV, 'wasm-tools');

test('WIT: both packages are the contract, word for word', () => {
  for (const [version, source] of [
    ['0.2.0', 'wit'],
    ['0.3.0', 'wit/0.3'],
  ] as const) {
    const file = artefact('wit', new RegExp(`-${version}\\.wasm$`));
    run([TOOLS, 'validate', '--features', 'all', file], ROOT);
    // Of the packages of WASI it has what ours uses.
    const text = (path: string): string =>
      run([TOOLS, 'component', 'wit', path], ROOT).split(/^package wasi:/m)[0] as string;
    assert.is(text(file), text(resolve(source)));
    assert.match(text(file), /^interface mapping \{/m);
    const folder = emptyFolder(`wit-${version}`);
    run([TOOLS, 'component', 'wit', file, '--out-dir', folder], ROOT);
    // A guest's world over what came out.
    const own = `package test:guest;\n\nworld guest {\n  import wasi-mmap:mmap/mapping@${version};\n}\n`;
    const wit = emptyFolder(`wit-${version}-guest`);
    writeFileSync(join(wit, 'guest.wit'), own);
    const deps = join(wit, 'deps');
    mkdirSync(deps);
    for (const name of readdirSync(join(folder, 'deps'))) copyFileSync(join(folder, 'deps', name), join(deps, name));
    copyFileSync(
      join(folder, readdirSync(folder).find((name) => name.endsWith('.wit')) as string),
      join(deps, 'wasi-mmap.wit'),
    );
    assert.match(run([TOOLS, 'component', 'wit', wit], ROOT), `import wasi-mmap:mmap/mapping@${version};`);
  }
});

test('the polyfill: jco links it with the file system of preview2-shim, and it maps a file', () => {
  const folder = join(ROOT, 'npm');
  run(
    [
      resolve('node_modules/.bin/jco'),
      'transpile',
      artefact('polyfill', /\.wasm$/),
      '--name',
      'polyfill',
      '-o',
      'linked',
    ],
    folder,
  );
  const program = `import { _setPreopens } from '@bytecodealliance/preview2-shim/filesystem';
    _setPreopens({ '/': process.argv[2] });
    const { mapping, preopens } = await import('./linked/polyfill.js');
    const [[root]] = preopens.getDirectories();
    const file = root.openAt({ symlinkFollow: true }, 'server.log', {}, { read: true });
    const map = mapping.mmap(file, 0n, 'read', 0n);
    console.log(map.find(new TextEncoder().encode('ERROR'), 0n, map.length()));`;
  writeFileSync(join(folder, 'linked.mjs'), program);
  assert.is(run([process.execPath, '--no-warnings', 'linked.mjs', logs], folder), '4n\n');
});

test('images of components: a layout whose bytes are those of the files', () => {
  const oras = findProgram('oras');
  if (oras === undefined) return skip('images of components: there is no oras');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  for (const part of ['wit', 'polyfill']) {
    for (const image of readdirSync(join(PACKAGES, part)).filter((name) => name.endsWith('.oci.tar.gz'))) {
      const layout = emptyFolder('layout');
      execFileSync('tar', ['-xzf', join(PACKAGES, part, image), '-C', layout]);
      const to = emptyFolder('pulled');
      run([oras, 'pull', '--no-tty', '--oci-layout', `${layout}:${version}`, '-o', to], ROOT);
      const name = image.replace('.oci.tar.gz', '.wasm');
      assert.equal(readdirSync(to), [name]);
      assert.ok(readFileSync(join(to, name)).equals(readFileSync(join(PACKAGES, part, name))), name);
    }
  }
});

/** Runs the contract with a command, and every scenario of pages in the guest's memory. */
async function mapsFiles(command: string): Promise<void> {
  const words = [command, 'run', '--dir', 'build::/', '--dir', '/dev::/dev', 'build/guests/c/contract.wasm'];
  const column = target('c', 'wasmtime', '0.2', new Guest(words));
  let passed = 0;
  for await (const [{ name }, { state, detail }] of runAll(column, [...loadVectors().values()].flat())) {
    assert.is.not(state, 'failed', `${name}: ${detail}`);
    if (state === 'passed') passed++;
  }
  assert.ok(passed >= 350, `${passed} vectors`);

  const folder = emptyFolder('spans');
  for (const { scenario, access } of runsOf(Object.keys(SCENARIOS), true)) {
    writeFiles(folder);
    assert.is(ended(command, runArguments(folder, scenario, access)), SCENARIOS[scenario], `${scenario} ${access}`);
  }
}

/** Runs a program that needs no other file in a root with nothing else. */
function runsAlone(command: string): void {
  const root = emptyFolder('root');
  copyFileSync(command, join(root, 'wasi-mmap'));
  copyFileSync(guest, join(root, 'guest.wasm'));
  mkdirSync(join(root, 'log'));
  copyFileSync(join(logs, 'server.log'), join(root, 'log/server.log'));
  if (process.getuid?.() !== 0) return skip('a root with nothing else: only root may change to it');
  const words = ['chroot', root, '/wasi-mmap', 'run', '--dir-ro', '/log::/log', '/guest.wasm'];
  assert.is(run(words, ROOT), RESULT);
}

for (const machine of ['linux-x64', 'linux-x64-musl']) {
  test(`the command for ${machine}`, async () => {
    const archive = readdirSync(join(PACKAGES, 'commands')).find((name) => name.endsWith(`-${machine}.tar.gz`));
    if (archive === undefined || `${process.platform}-${process.arch}` !== 'linux-x64')
      return skip(`the command for ${machine}`);
    const folder = unpack(join(PACKAGES, 'commands', archive), emptyFolder(machine));
    assert.equal(readdirSync(folder), ['LICENSE', 'LICENSES-OF-OTHERS', 'README.md', 'shell', 'wasi-mmap']);
    const others = readFileSync(join(folder, 'LICENSES-OF-OTHERS'), 'utf8');
    for (const name of ['wasmtime 48', 'rustix 1', 'StringZilla ', 'the standard library of Rust ', 'libc++ ', 'musl '])
      assert.match(others, new RegExp(`^${name.replaceAll('+', '\\+')}.*\\(.*\\)`, 'm'));
    const shell = ['_wasi-mmap', '_wasi-mmap.ps1', 'wasi-mmap.1', 'wasi-mmap.bash', 'wasi-mmap.elv', 'wasi-mmap.fish'];
    assert.equal(readdirSync(join(folder, 'shell')), shell);
    assert.is(run(['./wasi-mmap', 'man'], folder), readFileSync(join(folder, 'shell/wasi-mmap.1'), 'utf8'));
    assert.is(run(['./wasi-mmap', 'run', '--dir-ro', `${logs}::/log`, guest], folder, { PATH: '' }), RESULT);
    const needed = run(['readelf', '--program-headers', '--dyn-syms', '--dynamic', '--wide', 'wasi-mmap'], folder);
    assert.ok(newestGlibc(needed) <= 28);
    assert.not.match(needed, /libstdc|libgcc/);
    if (machine.endsWith('-musl')) {
      assert.not.match(needed, /\(NEEDED\)|\bINTERP\b/);
      runsAlone(join(folder, 'wasi-mmap'));
    }
    await mapsFiles(join(folder, 'wasi-mmap'));
  });
}

test('the command for Windows', () => {
  const archive = readdirSync(join(PACKAGES, 'commands')).find((name) => name.endsWith('-windows-x64.tar.gz'));
  const windows = platforms.find(({ os }) => os === 'win32');
  if (archive === undefined || !windows || windows.missing !== undefined) return skip('the command for Windows');
  const folder = unpack(join(PACKAGES, 'commands', archive), emptyFolder('windows'));
  const script = join(folder, 'run.cjs');
  // Node starts it under Wine, as in the other tests.
  writeFileSync(
    script,
    `const { spawnSync } = require('node:child_process');
     const words = ['run', '--dir-ro', ${JSON.stringify(`Z:${logs}::/log`)}, ${JSON.stringify(`Z:${guest}`)}];
     const { stdout, stderr, status } = spawnSync(${JSON.stringify(`Z:${join(folder, 'wasi-mmap.exe')}`)}, words, { encoding: 'utf8' });
     process.stdout.write(stdout); process.stderr.write(stderr); process.exitCode = status;`,
  );
  assert.is(run([resolve('tests/tools/wine.sh'), script], '.').replaceAll('\r', ''), RESULT);
});

test('every file of build/packages is one that these tests know', () => {
  const known = /^(SHA256SUMS|wasi-mmap-[\d.]+\.cdx\.json|npm|cargo|memmap2|python|wit|polyfill|commands)$/;
  for (const name of readdirSync(PACKAGES)) assert.match(name, known);
  console.log();
  for (const line of readFileSync(join(PACKAGES, 'SHA256SUMS'), 'utf8').trim().split('\n')) {
    const [, name = ''] = line.split('  ');
    console.log(`packages: ${name}, ${Math.ceil(statSync(join(PACKAGES, name)).size / 1024)} KiB`);
  }
  const bom = JSON.parse(
    readFileSync(join(PACKAGES, readdirSync(PACKAGES).find((name) => name.endsWith('.json')) as string), 'utf8'),
  ) as {
    bomFormat: string;
    components: { purl: string; name: string }[];
  };
  assert.is(bom.bomFormat, 'CycloneDX');
  const lock = readFileSync('host/wasmtime/Cargo.lock', 'utf8');
  const crates = [...lock.matchAll(/^name = "(.*)"\nversion = "(.*)"\nsource/gm)].map(
    ([, name, version]) => `pkg:cargo/${name}@${version}`,
  );
  assert.ok(crates.length > 100);
  const listed = new Set(bom.components.map(({ purl }) => purl));
  assert.equal(
    crates.filter((purl) => !listed.has(purl.replaceAll('+', '%2B')) && !listed.has(purl)),
    [],
  );
  assert.ok(existsSync(join(PACKAGES, 'SHA256SUMS')));
});

all.run();
