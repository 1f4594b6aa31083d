// The npm package as a user gets it: packed, installed elsewhere without scripts, imported, required and type-checked.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const folder = mkdtempSync(join(tmpdir(), 'wasi-mmap-package-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const run = (program: string, args: string[], cwd = folder): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

test.before(() => {
  run('host/node/prebuilds.sh', ['here'], '.');
  run('ts/pack.sh', [folder], '.');
  const [archive] = readdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  writeFileSync(join(folder, 'data.bin'), 'from the package');
  run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', `./${archive}`]);
});

const BODY = `
  const map = mmap('data.bin', 0, 'read');
  console.log(Buffer.from(map.slice(9)).toString(), map.find('package', 0));
  map.close();
  try { mmap('data.bin', 100); } catch (error) { console.log(error instanceof MmapError, error.code); }
`;
const OUTPUT = 'package 9\ntrue past-end\n';

test('import', () => {
  writeFileSync(join(folder, 'a.mjs'), `import { mmap, MmapError } from 'wasi-mmap';${BODY}`);
  assert.is(run(process.execPath, ['a.mjs']), OUTPUT);
});

test('require', () => {
  writeFileSync(join(folder, 'a.cjs'), `const { mmap, MmapError } = require('wasi-mmap');${BODY}`);
  assert.is(run(process.execPath, ['a.cjs']), OUTPUT);
});

test('types, for import and require', () => {
  const program = `
    const map: Mmap = mmap('data.bin', { access: 'read', offset: 1n });
    const bytes: Uint8Array = map.view();
    // @ts-expect-error no such access
    mmap('data.bin', 0, 'exec');
    export { bytes };
  `;
  const polyfill = `
    import { createPolyfill } from 'wasi-mmap/polyfill';
    const over: Mmap = (await createPolyfill({})).mmap(null, 10n);
    // @ts-expect-error a descriptor, not a number
    (await createPolyfill({})).mmap(3);
    export { over };
  `;
  writeFileSync(join(folder, 'b.mts'), `import { mmap, type Mmap } from 'wasi-mmap';${program}${polyfill}`);
  writeFileSync(join(folder, 'b.cts'), `import { mmap, type Mmap } from 'wasi-mmap';${program}`);
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable',
  ];
  const types = ['--types', 'node', '--typeRoots', resolve('node_modules/@types')];
  run(resolve('node_modules/.bin/tsc'), [...options, ...types, 'b.mts', 'b.cts']);
});

test('the command names the packages that it lacks', () => {
  const { status, stderr } = spawnSync('npx', ['wasi-mmap', 'run', 'any.wasm'], { cwd: folder, encoding: 'utf8' });
  assert.is(status, 2, stderr);
  assert.match(stderr, /running components needs jco: npm install @bytecodealliance\/jco-transpile/);
});

test('the command plugs a component without jco', () => {
  const shipped = ['plug.wasm', 'polyfill.wasm'].map((name) =>
    join(folder, 'node_modules/wasi-mmap/dist/polyfill', name),
  );
  for (const path of shipped) assert.is(readFileSync(path).toString('latin1', 0, 4), '\0asm');
  assert.not(existsSync(join(folder, 'node_modules/@bytecodealliance')));
  run('npx', ['wasi-mmap', 'plug', resolve('build/guests/c/mgrep.wasm'), '-o', 'plugged.wasm']);
  const words = ['run', '--dir', '.::/', 'plugged.wasm', '-c', 'package', '/data.bin'];
  assert.is(run(resolve('build/wasmtime/wasmtime'), words), '1\n');
});

test('the example of the README', () => {
  const readme = readFileSync('ts/README.md', 'utf8');
  const program = /```js\n\/\/ example\.mjs\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const data = readFileSync(join(folder, 'data.bin'));
  writeFileSync(join(folder, 'example.mjs'), program);
  writeFileSync(join(folder, 'data.bin'), 'hay\na needle\n');
  assert.is(run(process.execPath, ['example.mjs']), '13 10\n4\n9\n');
  assert.is(readFileSync(join(folder, 'data.bin'), 'utf8'), 'hay\na NEEDLE\n');
  writeFileSync(join(folder, 'data.bin'), data);
});

test('components: a host from the README, and the command', () => {
  const readme = readFileSync('ts/README.md', 'utf8');
  const host = /```js\n\/\/ host\.mjs[^\n]*\n(.*?)```/s.exec(readme)?.[1] ?? '';
  const [, transpile] = /^npx (jco transpile [^#]*?) +#/m.exec(readme) ?? [];
  run('npm', ['pkg', 'set', 'type=module']);
  writeFileSync(join(folder, 'host.mjs'), host);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/text'), 'hay\nhay needle\nhay\n');
  copyFileSync('build/guests/rust/mgrep.wasm', join(folder, 'mgrep.wasm'));
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const packages = ['jco', 'jco-transpile', 'preview2-shim'].map((name) => `@bytecodealliance/${name}`);
  const versions = packages.map((name) => `${name}@${devDependencies[name]}`);
  run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', ...versions]);
  run('npx', (transpile as string).split(' '));
  // The component ends the process itself: mgrep found a line.
  assert.is(run(process.execPath, ['host.mjs']), '2:hay needle\n');
  const words = ['wasi-mmap', 'run', '--dir-ro', 'data::/data', 'mgrep.wasm', '-n', 'needle', '/data/text'];
  assert.is(run('npx', words), '2:hay needle\n');
  const map = ['--import-bindings', 'hybrid', '--map', 'wasi-mmap:mmap/*=wasi-mmap/host#*'];
  run('npx', ['jco', 'transpile', 'mgrep.wasm', '-o', 'mapped', ...map]);
  writeFileSync(
    join(folder, 'mapped.mjs'),
    `import { _setPreopens } from '@bytecodealliance/preview2-shim/filesystem';
     import { _setArgs } from '@bytecodealliance/preview2-shim/cli';
     _setPreopens({ '/': 'data' });
     _setArgs(['mgrep', '-c', 'hay', '/text']);
     const { run } = await import('./mapped/mgrep.js');
     run.run();`,
  );
  assert.is(run(process.execPath, ['mapped.mjs']), '3\n');
});

test('a guest from the README of guest/js', () => {
  const readme = readFileSync('guest/js/README.md', 'utf8');
  const [, program = ''] = /```js\n(\/\/ app\.js\n[^]*?)```/.exec(readme) ?? [];
  const [, build = ''] = /^npx (wasi-mmap-jco componentize .*)$/m.exec(readme) ?? [];
  const guest = join(folder, 'guest');
  const installed = join(folder, 'node_modules');
  mkdirSync(join(guest, 'wit'), { recursive: true });
  cpSync(join(installed, '@bytecodealliance/jco/lib/wit/builtin/0.2.12'), join(guest, 'wit/deps'), { recursive: true });
  mkdirSync(join(guest, 'wit/deps/mmap'));
  copyFileSync(join(installed, 'wasi-mmap/wit/mmap.wit'), join(guest, 'wit/deps/mmap/mmap.wit'));
  copyFileSync('guest/wit/examples.wit', join(guest, 'wit/examples.wit'));
  writeFileSync(join(guest, 'app.js'), program);
  writeFileSync(join(folder, 'data/server.log'), 'WARN one\nERROR two\n');
  run('npx', build.split(' '), guest);
  const words = ['wasi-mmap', 'run', '--dir-ro', 'data::/log', 'guest/app.wasm'];
  assert.is(run('npx', words), 'ERROR two\n\n');
});

test('wasi-mmap-jco says what it lacks', () => {
  const lonely = mkdtempSync(join(tmpdir(), 'wasi-mmap-lonely-'));
  try {
    cpSync(join(folder, 'node_modules/wasi-mmap'), join(lonely, 'wasi-mmap'), { recursive: true });
    const { status, stderr } = spawnSync(process.execPath, [join(lonely, 'wasi-mmap/dist/cli/jco.mjs')], {
      cwd: lonely,
      encoding: 'utf8',
    });
    assert.is(status, 2);
    assert.match(stderr, /^wasi-mmap-jco: jco is missing: npm install @bytecodealliance\/jco /);
  } finally {
    rmSync(lonely, { recursive: true });
  }
});

test('without the addon: the polyfill from the README, and the command', () => {
  const readme = readFileSync('ts/README.md', 'utf8');
  const program = /```js\n\/\/ polyfill\.mjs[^\n]*\n(.*?)```/s.exec(readme)?.[1] ?? '';
  writeFileSync(join(folder, 'polyfill.mjs'), program);
  const prebuilds = join(folder, 'node_modules/wasi-mmap/prebuilds');
  renameSync(prebuilds, join(folder, 'prebuilds'));
  try {
    assert.is(run(process.execPath, ['polyfill.mjs']), 'HAY\n\n');
    assert.is(readFileSync(join(folder, 'data/text'), 'utf8').slice(0, 4), 'hay\n', 'a copy');
    const words = [
      'wasi-mmap',
      'run',
      '--no-native',
      '--dir-ro',
      'data::/data',
      'mgrep.wasm',
      '-n',
      'needle',
      '/data/text',
    ];
    assert.is(run('npx', words), '2:hay needle\n');
  } finally {
    renameSync(join(folder, 'prebuilds'), prebuilds);
  }
});

test('it holds what it needs and nothing else', () => {
  const names = readdirSync(join(folder, 'node_modules/wasi-mmap')).sort();
  const own = ['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'node_modules', 'package.json', 'prebuilds', 'wit'];
  assert.equal(names, own);
  // Bundled, so that the installation downloads nothing.
  const modules = readdirSync(join(folder, 'node_modules/wasi-mmap/node_modules'));
  assert.equal(
    modules.filter((name) => !name.startsWith('.')),
    ['acorn'],
  );
});

test.run();
