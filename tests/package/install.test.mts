// The files of the package, its installation without scripts on each version of Node, and its message where it has no addon.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = mkdtempSync(join(tmpdir(), 'wasi-mmap-install-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

const platform = `${process.platform}-${process.arch}`;
const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasi-mmap');
let archive = '';

test.before(() => {
  execFileSync('host/node/prebuilds.sh', ['here']);
  execFileSync('ts/pack.sh', [root], { stdio: ['ignore', 'ignore', 'inherit'] });
  archive = join(root, readdirSync(root)[0] as string);
});

test('exactly these files', () => {
  const list = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' });
  const names = list
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''))
    .sort();
  const expected = readFileSync('tests/package/files.txt', 'utf8').trim().split('\n').sort();
  assert.equal(
    names.filter((name) => !expected.includes(name)),
    [],
    'tests/package/files.txt does not have them',
  );
  assert.equal(
    expected.filter((name) => !names.includes(name)),
    [],
    'the package does not have them',
  );
});

/** A Node of this major version: this one, or one of `setup.sh nodes`. */
function findNode(major: number): string | undefined {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const name = `node-${platform}`;
  const path = join(cache, 'nodes', `${name}-${major}`, 'node_modules', name, 'bin/node');
  return existsSync(path) ? path : undefined;
}

const BODY = `
  const map = mmap('data.bin', 0, 'read');
  console.log(process.version.split('.')[0], Buffer.from(map.slice(0, 4)).toString(), map.find('data'));
  try { map.set('x', 0); } catch (error) { console.log(error.code); }
`;

/** A folder in which this Node has installed the package. */
function install(node: string, name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'data.bin'), 'some data');
  const npm = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());
  const words = ['install', '--ignore-scripts', '--offline', '--no-audit', '--no-fund', archive];
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env['PATH']}` };
  execFileSync(node, [npm, ...words], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  return folder;
}

for (const major of [20, 22, 24]) {
  test(`npm install --ignore-scripts in an empty folder, with Node ${major}`, () => {
    const node = findNode(major);
    if (node === undefined) {
      console.log(`package skips Node ${major}: this machine has none (.build/setup.sh nodes)`);
      assert.not.ok(process.env['CI'], `CI needs Node ${major}`);
      return;
    }
    const folder = install(node, `node-${major}`);
    writeFileSync(join(folder, 'a.mjs'), `import { mmap } from 'wasi-mmap';${BODY}`);
    writeFileSync(join(folder, 'a.cjs'), `const { mmap } = require('wasi-mmap');${BODY}`);
    for (const file of ['a.mjs', 'a.cjs']) {
      const output = execFileSync(node, [file], { cwd: folder, encoding: 'utf8' });
      assert.is(output, `v${major} some 5\nread-only\n`, file);
    }
    assert.equal(readdirSync(join(folder, 'node_modules')).sort(), ['.bin', '.package-lock.json', 'wasi-mmap']);
  });
}

/** The message of the package on another system. */
function complaint(pretence: string, folder: string): string {
  const code = `${pretence}; try { require('wasi-mmap'); } catch (error) { console.log(error.message); }`;
  return spawnSync(process.execPath, ['-e', code], { cwd: folder, encoding: 'utf8' }).stdout;
}

const REMEDY = /createPolyfill\(\) of wasi-mmap\/polyfill \(wasi-mmap run --no-native\).*make package, in a clone/;

test('a system without an addon is named, with what to do', () => {
  const folder = install(process.execPath, 'elsewhere');
  const said = complaint(`Object.defineProperty(process, 'platform', { value: 'freebsd' })`, folder);
  assert.match(said, `no native addon for this system (freebsd-${process.arch}, Node ${process.versions.node})`);
  assert.match(said, 'darwin-arm64, darwin-x64, linux-arm64 with glibc, linux-x64 with glibc, win32-arm64, win32-x64');
  assert.match(said, REMEDY);

  // Its first bytes are those of a Node for Alpine.
  writeFileSync(join(folder, 'node'), '\x7fELF\0/lib/ld-musl-x86_64.so.1\0');
  const musl = complaint(
    `Object.defineProperty(process, 'execPath', { value: ${JSON.stringify(resolve(folder, 'node'))} })`,
    folder,
  );
  assert.match(musl, `(${platform} with musl, Node `);
  assert.match(musl, REMEDY);
});

test('an addon that does not load is no riddle', () => {
  const folder = install(process.execPath, 'broken');
  const prebuilds = join(folder, 'node_modules/wasi-mmap/prebuilds');
  const other = platform === 'linux-arm64' ? 'linux-x64' : 'linux-arm64';
  cpSync(join(prebuilds, other, 'wasi-mmap.glibc.node'), join(prebuilds, platform, 'wasi-mmap.glibc.node'));
  const said = complaint('', folder);
  assert.match(said, /cannot load its native addon: .*wasi-mmap\.glibc\.node/);
  assert.match(said, new RegExp(`${platform} with glibc [0-9.]+, Node`));
  assert.match(said, REMEDY);
});

test.run();
