// The host maps files of preview3-shim and of its own file system for WASI 0.3, as far as a descriptor has the rights.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NODES_P3, skipP3 } from '../tools/p3.mjs';

const folder = mkdtempSync(join(tmpdir(), 'preview3-maps-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'file'), 'inside');
mkdirSync(join(folder, 'sub'));

const DENIED = 'access-denied';
const EXPECTED = {
  root: 'unsupported',
  'r read': 'inside',
  'r copy': 'inside',
  'r write': DENIED,
  closed: 'bad-descriptor',
  'w read': DENIED,
  'w copy': DENIED,
  'w write': DENIED,
  'rw read': 'inside',
  'rw copy': 'inside',
  'rw write': 'inside',
  folder: 'unsupported',
};

test('a descriptor maps what it may', () => {
  if (NODES_P3.length === 0) return skipP3('mappings', 'there is no Node 24.20 or newer (.build/setup.sh nodes)');
  for (const node of NODES_P3) {
    const { stdout, stderr, status } = spawnSync(node, ['build/tests/preview3-shim/mappings.mjs', folder], {
      encoding: 'utf8',
    });
    assert.is(status, 0, stderr);
    const { shim, own } = JSON.parse(stdout) as Record<'shim' | 'own', typeof EXPECTED>;
    assert.equal(own, EXPECTED, node);
    // A descriptor that was dropped has no file left to tell it from a directory.
    assert.equal(shim, { ...EXPECTED, closed: 'unsupported' }, node);
  }
});

/** A guest in Rust that searches a mapped file, as a command of WASI 0.3. */
const GUEST = 'build/guests/rust/mgrep-0.3.wasm';

test('a guest over preview3-shim, as the README says', async () => {
  const [node] = NODES_P3;
  if (node === undefined) return skipP3('mappings', 'there is no Node 24.20 or newer (.build/setup.sh nodes)');
  if (!existsSync(GUEST)) return skipP3('mappings', 'rustc has no target wasm32-wasip2, for the components');
  const shim = '@bytecodealliance/preview3-shim';
  const packages = ['cli', 'clocks', 'filesystem'].map((name) => [`wasi:${name}/*@0.3.2`, `${shim}/${name}#*`]);
  const { files } = await transpileBytes(readFileSync(GUEST), {
    name: 'app',
    map: { 'wasi-mmap:mmap/*': 'wasi-mmap/host#*', ...Object.fromEntries(packages) },
  });
  // Below the clone, whose packages it finds.
  const place = mkdtempSync(resolve('build', 'preview3-guest-'));
  try {
    mkdirSync(join(place, 'out'));
    mkdirSync(join(place, 'node_modules'));
    symlinkSync(resolve('.'), join(place, 'node_modules/wasi-mmap'));
    for (const [name, bytes] of Object.entries(files)) {
      mkdirSync(dirname(join(place, 'out', name)), { recursive: true });
      writeFileSync(join(place, 'out', name), bytes);
    }
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    const [, program = ''] = /```js\n\/\/ host-0\.3\.mjs\n(.*?)```/s.exec(readFileSync('ts/README.md', 'utf8')) ?? [];
    assert.ok(program.includes("'./data'"));
    writeFileSync(
      join(place, 'host-0.3.mjs'),
      `import { _setArgs } from '${shim}/cli'; _setArgs(['mgrep', '-n', 'side', '/data/file']);
       ${program.replace("'./data'", JSON.stringify(folder))} process.exit();`,
    );
    const { stdout, stderr } = spawnSync(node, [join(place, 'host-0.3.mjs')], { encoding: 'utf8' });
    assert.is(stdout, '1:inside\n', stderr);
  } finally {
    rmSync(place, { recursive: true });
  }
});

test.run();
