// The files of the package, its installation without scripts on each version of Node, and its message where it has no addon.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findNodes, platforms } from '../tools/platforms.mjs';
import { pack, temporaryFolder } from './packed.mjs';

const root = temporaryFolder('install');

const platform = `${process.platform}-${process.arch}`;
let archive = '';

test.before(() => {
  archive = pack(root);
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

test('README says how large it is', () => {
  const [, packed, unpacked] =
    /(\d\.\d) MB to download, (\d\.\d) MB on the disk/.exec(readFileSync('ts/README.md', 'utf8')) ?? [];
  const size = execFileSync('tar', ['-tzvf', archive], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.split(/ +/)[2]), 0);
  // Within a tenth: what a release says is not wrong after each change.
  const isNear = (said: string | undefined, is: number): boolean =>
    Math.abs(Number(said) - is / 1e6) <= 0.1 * (is / 1e6);
  assert.ok(isNear(packed, statSync(archive).size), `${packed} MB to download, it is ${statSync(archive).size} bytes`);
  assert.ok(isNear(unpacked, size), `${unpacked} MB on the disk, it is ${size} bytes`);
});

/** A Node of this major version: this one, or one of `setup.sh nodes`. */
function findNode(major: number): string | undefined {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  return findNodes().find((node) => node.major === major)?.path;
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

for (const major of [20, 22, 24, 26]) {
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

test('npm install --global has the command, completions and the manual page', () => {
  const prefix = join(root, 'global');
  const words = ['install', '--global', '--prefix', prefix, '--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  execFileSync('npm', [...words, archive], { stdio: ['ignore', 'ignore', 'pipe'] });
  const page = readFileSync('dist/shell/wasi-mmap.1', 'utf8');
  // Later ones install no page (https://github.com/npm/bin-links/pull/163), earlier ones only those of a list.
  if (Number.parseInt(execFileSync('npm', ['--version'], { encoding: 'utf8' }), 10) < 12)
    assert.is(readFileSync(join(prefix, 'share/man/man1/wasi-mmap.1'), 'utf8'), page);
  const print = (...call: string[]) => execFileSync(join(prefix, 'bin/wasi-mmap'), call, { encoding: 'utf8' });
  assert.is(print('man'), page);
  assert.is(print('completion', 'zsh'), readFileSync('dist/shell/_wasi-mmap', 'utf8'));
});

/** The message of mmap() on another system, where the package can be imported all the same. */
function complaint(
  pretence: string,
  folder: string,
  [program, ...words]: readonly string[] = [process.execPath],
): string {
  const code = `${pretence}; const { mmap } = require('wasi-mmap');
    try { mmap(null, 1); } catch (error) { console.log(error.message); }`;
  return spawnSync(program as string, [...words, '-e', code], { cwd: folder, encoding: 'utf8' }).stdout;
}

const REMEDY = /createPolyfill\(\) of wasi-mmap\/polyfill \(wasi-mmap run --no-native\).*make package, in a clone/;

test('a system without an addon is named, with what to do', () => {
  const folder = install(process.execPath, 'elsewhere');
  const said = complaint(`Object.defineProperty(process, 'platform', { value: 'freebsd' })`, folder);
  assert.match(said, `no native addon for this system (freebsd-${process.arch}, Node ${process.versions.node})`);
  const linux = ['linux-arm64', 'linux-x64'].flatMap((name) => [`${name} with glibc`, `${name} with musl`]);
  assert.match(said, ['darwin-arm64', 'darwin-x64', ...linux, 'win32-arm64', 'win32-x64'].join(', '));
  assert.match(said, REMEDY);
});

/** Node for musl, or undefined where the machine lacks it. */
function musl(): readonly string[] | undefined {
  const { command, missing } = platforms.find(({ name }) => name === 'linux-x64-musl') ?? { missing: 'another system' };
  if (command && missing === undefined) return command;
  console.log(`package skips Node for musl: this machine has ${missing}`);
  assert.not.ok(process.env['CI'] && process.platform === 'linux', 'CI needs Node for musl');
  return undefined;
}

test('with musl: its addon, and the message without one', () => {
  const command = musl();
  if (!command) return;
  const [program, ...words] = command as [string, ...string[]];
  const folder = install(process.execPath, 'musl');
  writeFileSync(join(folder, 'a.mjs'), `import { mmap } from 'wasi-mmap';${BODY}`);
  const run = (...options: string[]): string =>
    execFileSync(program, [...words, ...options, 'a.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  assert.match(run(), /^v\d+ some 5\nread-only\n$/);
  // The program itself cannot be read then.
  assert.match(run('--permission', '--allow-addons', `--allow-fs-read=${folder}/*`), /^v\d+ some 5\nread-only\n$/);
  rmSync(join(folder, 'node_modules/wasi-mmap/prebuilds/linux-x64/wasi-mmap.musl.node'));
  const said = complaint('', folder, command);
  assert.match(said, 'no native addon for this system (linux-x64 with musl, Node ');
  assert.match(said, REMEDY);
});

test('without an addon the package can be imported, and only mapping needs one', () => {
  const folder = install(process.execPath, 'without');
  rmSync(join(folder, 'node_modules/wasi-mmap/prebuilds'), { recursive: true });
  writeFileSync(
    join(folder, 'a.mjs'),
    `import { constants, mmap, MmapError, PAGESIZE } from 'wasi-mmap';
     import { mmap as later } from 'wasi-mmap/promises';
     const name = (error) => error.name;
     console.log(constants.PROT_READ, PAGESIZE, new MmapError('closed').code);
     for (const map of [() => mmap('data.bin'), () => later('data.bin')]) {
       console.log(await (async () => map())().catch(name));
     }`,
  );
  const output = execFileSync(process.execPath, ['a.mjs'], { cwd: folder, encoding: 'utf8' });
  assert.is(output, '1 4096 closed\nNoAddonError\nNoAddonError\n');
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
