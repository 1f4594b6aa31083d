// `make release-test`: publishes build/packages into registries of this machine with the script of the workflow, and installs from
// them; then a release of another version in a clone, to its signed tag.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { serveCrates, type CargoRegistry } from './cargo-registry.mjs';
import { CARGO_TARGET, findProgram, findTools, PIP_INSTALL, skip } from './packed.mjs';

const ROOT = resolve('build/release-test');
const PACKAGES = resolve('build/packages');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const folderOf = (name: string): string => {
  const folder = join(ROOT, name);
  mkdirSync(folder, { recursive: true });
  return folder;
};

/** Runs a command, while the registries in this process answer it. */
async function end(
  words: string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number | null; output: string }> {
  const [program = '', ...rest] = words;
  const child = spawn(program, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const status = await new Promise<number | null>((ended) => child.on('close', ended));
  return { status, output };
}

async function run(words: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { status, output } = await end(words, cwd, env);
  assert.is(status, 0, `${words.join(' ')}\n${output}`);
  return output;
}

const servers: ChildProcess[] = [];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Starts a registry, and waits until it answers. */
async function serve(words: string[], address: string): Promise<void> {
  const [program = '', ...rest] = words;
  const child = spawn(program, rest, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  servers.push(child);
  for (let tries = 0; tries < 300; tries++) {
    if (await fetch(address).catch(() => undefined)) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`${words[0]} does not answer: ${said}`);
}

let npm = '';
let pypi = '';
let crates: CargoRegistry | undefined;
/** Nobody's settings. */
let HOME = '';

test.before(async () => {
  rmSync(ROOT, { recursive: true, force: true });
  HOME = folderOf('home');
  const tools = findTools('packages');
  assert.ok(tools, 'verdaccio is needed: .build/setup.sh packages');

  npm = `http://127.0.0.1:${await freePort()}/`;
  const config = `storage: ${folderOf('npm')}
packages: { '**': { access: $all, publish: $all } }
log: { type: stderr, level: error }
`;
  writeFileSync(join(ROOT, 'verdaccio.yaml'), config);
  const verdaccio = join(tools, 'verdaccio/bin/verdaccio');
  await serve(
    [process.execPath, verdaccio, '--config', join(ROOT, 'verdaccio.yaml'), '--listen', npm.slice(7, -1)],
    npm,
  );

  const port = await freePort();
  pypi = `http://127.0.0.1:${port}/`;
  const words = [
    'run',
    '--interface',
    '127.0.0.1',
    '--port',
    `${port}`,
    '--disable-fallback',
    '--passwords',
    '.',
    '--authenticate',
    '.',
  ];
  await serve([resolve('build/venv/bin/pypi-server'), ...words, folderOf('pypi')], pypi);

  crates = await serveCrates();
});

test.after(() => {
  for (const child of servers) child.kill();
  crates?.server.close();
});

/** What a person's key would be, for registries that ask nobody. */
function keys(): NodeJS.ProcessEnv {
  writeFileSync(join(HOME, '.npmrc'), `${npm.slice(5)}:_authToken=nobody\n`);
  return {
    NPM_CONFIG_USERCONFIG: join(HOME, '.npmrc'),
    NPM_CONFIG_REGISTRY: npm,
    CARGO_REGISTRY: 'here',
    CARGO_REGISTRIES_HERE_INDEX: crates?.index ?? '',
    CARGO_REGISTRIES_HERE_TOKEN: 'nobody',
    TWINE_REPOSITORY_URL: pypi,
    TWINE_USERNAME: 'nobody',
    TWINE_PASSWORD: 'nobody',
    GITHUB_ACTIONS: '',
  };
}

const publish = (what: string): Promise<string> => run(['.build/release/publish.sh', what], '.', keys());

test('npm: published, and installed from the registry', async () => {
  await publish('npm');
  const folder = folderOf('from-npm');
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await run(['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', 'wasi-mmap'], folder, {
    ...keys(),
    NPM_CONFIG_CACHE: folderOf('npm-cache'),
  });
  writeFileSync(join(folder, 'text'), 'hay needle');
  const program = `console.log(require('wasi-mmap').mmap('text', 0, 'read').find('needle'))`;
  assert.is(await run([process.execPath, '-e', program], folder), '4\n');
  const again = await end(['.build/release/publish.sh', 'npm'], '.', keys());
  assert.is.not(again.status, 0, 'a version is published once');
});

test('crates: published as they were tested, and added from the registry', async () => {
  await publish('crates');
  for (const name of [`wasi-mmap-${version}`, `wasmtime-wasi-mmap-${version}`])
    assert.ok(crates?.crates.get(name)?.equals(readFileSync(join(PACKAGES, 'cargo', `${name}.crate`))), name);

  const cargo = resolve('.build/cargo.sh');
  const guest = folderOf('from-crates/guest');
  await run([cargo, 'init', '--quiet', '--vcs', 'none', '--name', 'guest', guest], ROOT);
  await run([cargo, 'add', '--quiet', '--registry', 'here', 'wasi-mmap'], guest, keys());
  const readme = readFileSync('guest/rust/README.md', 'utf8');
  writeFileSync(join(guest, 'src/main.rs'), /```rust,no_run\n(use std::io::BufRead[^]*?)```/.exec(readme)?.[1] ?? '');
  const target = { ...keys(), CARGO_TARGET_DIR: folderOf('target') };
  await run([cargo, 'build', '--quiet', '--release', '--target', 'wasm32-wasip2'], guest, target);

  const host = folderOf('from-crates/host');
  await run([cargo, 'init', '--quiet', '--vcs', 'none', '--name', 'host', host], ROOT);
  const [, dependencies = '', program = ''] =
    /```toml\n\[dependencies\]\n(wasmtime = [^]*?)```[^]*?```rust\n(\/\/ main\.rs[^]*?)```/.exec(
      readFileSync('host/wasmtime/README.md', 'utf8'),
    ) ?? [];
  const others = dependencies.split('\n').filter((line) => !line.startsWith('wasmtime-wasi-mmap'));
  // With the features and the profile of the command, wasmtime is compiled already, see tests/wasmtime/readme.test.mts.
  others.push(
    'wasmtime-wasi-http = { version = "48", default-features = false, features = ["p2"] }',
    '[profile.release]',
    'strip = true',
  );
  writeFileSync(join(host, 'Cargo.toml'), `${readFileSync(join(host, 'Cargo.toml'), 'utf8')}${others.join('\n')}\n`);
  cpSync('host/wasmtime/Cargo.lock', join(host, 'Cargo.lock'));
  writeFileSync(join(host, 'src/main.rs'), program);
  await run([cargo, 'add', '--quiet', '--registry', 'here', 'wasmtime-wasi-mmap'], host, keys());
  const log = folderOf('from-crates/root/log');
  writeFileSync(join(log, 'server.log'), 'ERROR one\nERROR two\nthree\n');
  const component = join(ROOT, 'target/wasm32-wasip2/release/guest.wasm');
  const words = ['run', '--quiet', '--release', '--', component, join(log, '..')];
  assert.is(await run([cargo, ...words], host, { ...keys(), CARGO_TARGET_DIR: CARGO_TARGET }), 'ERROR two\n');
});

test('PyPI: published, and installed from the registry', async () => {
  await publish('pypi');
  const folder = folderOf('from-pypi');
  await run(['python3', '-m', 'venv', folder], ROOT);
  const python = join(folder, 'bin/python');
  const pip = [python, ...PIP_INSTALL, '--only-binary', ':all:'];
  await run([...pip, '--index-url', `${pypi}simple/`, `wasi-mmap==${version}`, `wasi-mmap-host==${version}`], ROOT, {
    PIP_CONFIG_FILE: '/dev/null',
  });
  const program =
    'import wasi_mmap, importlib.metadata as m; print(m.version("wasi-mmap"), m.version("wasi-mmap-host"))';
  assert.is(await run([python, '-c', program], ROOT), `${version} ${version}\n`);
  const core = 'import sys; sys.path.insert(0, sys.argv[1]); from _core import Core; print(Core)';
  const [site = ''] = readdirSync(join(folder, 'lib'));
  const host = join(folder, 'lib', site, 'site-packages/wasi_mmap_host');
  assert.match(await run([python, '-c', core, host], ROOT), 'class');
});

test('images: published, and pulled from the registry, with the bytes of the files', async () => {
  const [oras, crane] = ['oras', 'crane'].map(findProgram);
  if (!oras || !crane) return skip('images: there is no oras, or no crane');
  const address = `127.0.0.1:${await freePort()}`;
  await serve([crane, 'registry', 'serve', '--address', address], `http://${address}/v2/`);
  await run(['.build/release/publish.sh', 'images'], '.', { ...keys(), IMAGES: `${address}/somebody` });
  const files = ['wit', 'polyfill'].flatMap((part) =>
    readdirSync(join(PACKAGES, part)).map((name) => join(PACKAGES, part, name)),
  );
  const components = files.filter((path) => path.endsWith('.wasm'));
  assert.is(components.length, 3);
  for (const path of components) {
    const [, name, tag] = /^wasi-mmap-([a-z]+)-(.*)\.wasm$/.exec(basename(path)) ?? [];
    const to = folderOf(`from-images/${name}-${tag}`);
    const image = `${address}/somebody/wasi-mmap/${name}:${tag}`;
    await run([oras, 'pull', '--no-tty', '--plain-http', image, '-o', to], ROOT);
    assert.equal(readdirSync(to), [basename(path)]);
    assert.ok(readFileSync(join(to, basename(path))).equals(readFileSync(path)), image);
  }
});

test('a package that names no repository goes to no registry but those of this machine', async () => {
  const { repository } = JSON.parse(readFileSync('package.json', 'utf8')) as { repository: { url: string } };
  if (!repository.url.includes('/OWNER/')) return;
  const bare = {
    ...keys(),
    NPM_CONFIG_REGISTRY: '',
    CARGO_REGISTRY: '',
    TWINE_REPOSITORY_URL: '',
    IMAGES: 'example.invalid/x',
  };
  for (const what of ['npm', 'crates', 'pypi', 'images']) {
    const { status, output } = await end(['.build/release/publish.sh', what], '.', bare);
    assert.is.not(status, 0, what);
    assert.match(output, 'package.json names no repository yet', what);
  }
});

/** A clone with an address, and a key to sign with. */
async function newClone(): Promise<{ clone: string; git: (...words: string[]) => Promise<string> }> {
  const clone = join(ROOT, 'clone');
  const env = { HOME, GIT_CONFIG_NOSYSTEM: '1', XDG_CONFIG_HOME: HOME };
  await run(['git', 'clone', '--quiet', `file://${resolve('.')}`, clone], ROOT);
  const git = (...words: string[]): Promise<string> => run(['git', ...words], clone, env);
  await git('config', 'user.name', 'A Person');
  await git('config', 'user.email', 'person@example.invalid');
  await git('config', 'commit.gpgsign', 'false');
  return { clone, git };
}

/** Gives a clone what is built here. */
function takeBuilt(clone: string): void {
  for (const name of ['dist', 'prebuilds']) cpSync(name, join(clone, name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(clone, 'node_modules'));
  mkdirSync(join(clone, 'build'));
  symlinkSync(resolve('build/venv'), join(clone, 'build/venv'));
}

test('a release: versions, changelog, commit, signed tag', async () => {
  const { clone, git } = await newClone();
  const env = { HOME, GIT_CONFIG_NOSYSTEM: '1', XDG_CONFIG_HOME: HOME };
  const release = (...words: string[]): ReturnType<typeof end> =>
    end(['.build/release/release.sh', ...words], clone, env);
  const refused = async (words: string[], why: string): Promise<void> => {
    const { status, output } = await release(...words);
    assert.is.not(status, 0, why);
    assert.match(output, why);
  };

  await refused(['prepare', '9.8.7'], 'git has no key of yours to sign the tag with');
  const key = join(HOME, 'key');
  spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  await git('config', 'gpg.format', 'ssh');
  await git('config', 'user.signingkey', `${key}.pub`);
  await refused(['prepare', '9.8.7'], 'package.json names no repository yet');

  const manifest = join(clone, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replaceAll('/OWNER/', '/person/'));
  await refused(['prepare', '9.8.7'], 'there are changes that are in no commit');
  await run(['node', '.build/release/manifests.mjs', 'write'], clone);
  await git('commit', '-qam', 'A home');
  assert.match(readFileSync(join(clone, 'host/wasmtime/Cargo.toml'), 'utf8'), 'https://github.com/person/wasi-mmap');
  await refused(['prepare', '0.0.1'], '0.0.1 comes before');

  assert.is((await release('prepare', '9.8.7')).status, 0);
  await run(['node', '.build/release/manifests.mjs', 'check'], clone);
  assert.match(
    readFileSync(join(clone, 'CHANGELOG.md'), 'utf8'),
    /^## \[Unreleased\]\n\n## \[9\.8\.7\] - \d{4}-\d\d-\d\d\n\n### /m,
  );
  const notes = await run(['node', '.build/release/changelog.mjs', 'notes', '9.8.7'], clone);
  assert.match(notes, /^### Added/);
  assert.is(await git('status', '--porcelain'), '');
  assert.is(await git('log', '-1', '--format=%s'), 'Release 9.8.7\n');
  await refused(['prepare', '9.8.7'], 'CHANGELOG.md has a section 9.8.7 already');
  await git('checkout', '-q', '.');
  await refused(['tag', '9.8.7'], 'there are no packages of it');

  // The packages of that version: those that take no compiler. .gitignore names folders, and here is a link.
  takeBuilt(clone);
  await git('config', 'core.excludesFile', join(HOME, 'ignore'));
  writeFileSync(join(HOME, 'ignore'), 'node_modules\n');
  await run(['.build/release/packages.sh', 'npm', 'crates', 'memmap2', 'wit', 'polyfill', 'lists'], clone);
  const { status, output } = await release('tag', '9.8.7');
  assert.is(status, 0, output);
  const signers = `person@example.invalid ${readFileSync(`${key}.pub`, 'utf8')}`;
  writeFileSync(join(HOME, 'signers'), signers);
  await git('config', 'gpg.ssh.allowedSignersFile', join(HOME, 'signers'));
  assert.match(await git('verify-tag', 'v9.8.7'), 'Good "git" signature for person@example.invalid');
  assert.match(
    await git('tag', '-l', '--format=%(contents)', 'v9.8.7'),
    readFileSync(join(clone, 'build/packages/SHA256SUMS'), 'utf8'),
  );
  await refused(['prepare', '9.8.7'], 'there is a tag v9.8.7 already');
});

test('two runs of one commit give the same bytes', async () => {
  const clone = join(ROOT, 'again');
  await run(['git', 'clone', '--quiet', `file://${resolve('.')}`, clone], ROOT);
  takeBuilt(clone);
  const parts = ['npm', 'crates', 'memmap2', 'python', 'wit', 'polyfill'];
  await run(['.build/release/packages.sh', ...parts, 'lists'], clone);
  const sums = (path: string): string[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !line.includes(' commands/'));
  assert.equal(sums(join(clone, 'build/packages/SHA256SUMS')), sums(join(PACKAGES, 'SHA256SUMS')));
});

test.run();
