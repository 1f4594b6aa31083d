// Features of Windows only, and operations that Windows refuses.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mmap } from 'wasi-mmap';
import { liveRegions } from '#native';
import { collectUntil, newFile, newPath, pattern, runNode, throwsCode } from '../support.mjs';

const BYTES = pattern(200_000);

test('a file that others map cannot be truncated: the mapping is unchanged', () => {
  const path = newFile(BYTES);
  const map = mmap(path, 0, 'write', 100);
  const other = mmap(path, 10, 'read', 70_000);
  map.set('changed', 5);
  throwsCode(() => map.resize(1_000), 'busy');
  assert.equal([map.length, map.size(), map.at(0), map.at(5)], [199_900, 200_000, 100, 0x63]);
  map.set('again', 10);
  assert.is(readFileSync(path, 'latin1').slice(105, 115), 'changagain');
  other.close();
  map.resize(1_000);
  assert.equal([map.length, map.size(), map.at(5)], [1_000, 1_100, 0x63]);
  map.close();
});

test('a file that others map can grow', () => {
  const path = newFile(BYTES);
  const other = mmap(path, 0, 'read');
  const view = other.view();
  const map = mmap(path);
  map.resize(300_000);
  map.set('x', 299_999);
  assert.equal([map.length, other.length, other.size(), view[199_999]], [300_000, 200_000, 300_000, BYTES[199_999]]);
  other.close();
  map.close();
});

test('a file cannot be cut before its last view is garbage', async () => {
  await collectUntil(() => liveRegions() === 0);
  const map = mmap(newFile(BYTES));
  const take = (): number => map.view()[7] as number;
  assert.is(take(), 7);
  throwsCode(() => map.resize(10), 'busy');
  await collectUntil(() => false);
  map.resize(10);
  assert.equal([map.length, map.size(), map.at(7)], [10, 10, 7]);
  map.close();
});

test('others can neither cut nor delete a file that is mapped', () => {
  const path = newFile(BYTES);
  const map = mmap(path, 0, 'read');
  assert.throws(() => truncateSync(path, 10));
  assert.equal(map.slice(), BYTES);
  try {
    rmSync(path); // Newer versions remove the name at once, and the file with its last handle.
  } catch (error) {
    assert.match((error as NodeJS.ErrnoException).code ?? '', /^(EPERM|EBUSY|EACCES)$/);
  }
  assert.equal(map.slice(), BYTES);
  map.close();
});

test('names that are not ASCII, and long ones', () => {
  for (const name of ['Ünïcödé-日本語-😀', 'x'.repeat(200)]) {
    const folder = join(newPath(), name);
    mkdirSync(folder, { recursive: true });
    const path = join(folder, `${name}.bin`);
    writeFileSync(path, 'content');
    assert.ok(name.length < 100 || path.length > 300);
    const map = mmap(path);
    map.set('C');
    map.resize(8);
    assert.is(readFileSync(path, 'latin1'), 'Content\0');
    map.close();
  }
});

test('memory with a name is shared by mappings and processes', () => {
  const name = `wasi-mmap-test-${process.pid}-ä`;
  const first = mmap(null, { length: 100_000, name });
  const second = mmap(null, { length: 5_000, name });
  const read = mmap(null, { length: 100_000, name, access: 'read' });
  const copy = mmap(null, { length: 100_000, name, access: 'copy' });
  assert.equal(first.slice(), new Uint8Array(100_000));
  first.set('first', 4_000);
  copy.set('X', 4_001);
  assert.is(Buffer.from(second.slice(4_000, 4_005)).toString(), 'first');
  assert.is(Buffer.from(read.view(4_000, 4_005)).toString(), 'first');
  assert.is(Buffer.from(copy.slice(4_000, 4_005)).toString(), 'fXrst');
  throwsCode(() => read.set('x'), 'read-only');
  const output = runNode(
    `import { mmap } from 'wasi-mmap';
     const map = mmap(null, { length: 100_000, name: process.argv[1] });
     console.log(Buffer.from(map.slice(4_000, 4_005)).toString());
     map.set('other', 4_000);`,
    name,
  );
  assert.is(output, 'first\n');
  assert.is(Buffer.from(first.slice(4_000, 4_005)).toString(), 'other');
  first.flush();
  assert.is(first.size(), 100_000);
  throwsCode(() => first.resize(200_000), 'not-resizable');
  throwsCode(() => mmap(null, { length: 300_000, name }), 'past-end', 'what is there is smaller');
  for (const map of [first, second, read, copy]) map.close();
});

test('memory with a name goes with its last mapping', async () => {
  const name = `wasi-mmap-test-${process.pid}-last`;
  const map = mmap(null, { length: 10, name });
  map.fill(1);
  map.close();
  const again = mmap(null, { length: 10, name });
  assert.equal(again.slice(), new Uint8Array(10));
  again.close();
  throwsCode(() => mmap(null, { length: 10, name: 'no\\such\\folder' }), 'invalid-argument');
});

test('in a program of another name', () => {
  const folder = newPath();
  mkdirSync(folder);
  const program = join(folder, 'renamed.exe');
  copyFileSync(process.execPath, program);
  const code = `require('fs').writeFileSync(process.argv[2], 'seen ' + require('wasi-mmap').mmap(process.argv[1], 0, 'read').length)`;
  const output = newPath();
  const { status, stderr } = spawnSync(program, ['-e', code, newFile('content'), output], {
    stdio: 'ignore',
    encoding: 'utf8',
  });
  assert.is(status, 0, stderr);
  assert.is(readFileSync(output, 'utf8'), 'seen 7');
  assert.ok(statSync(program).size > 0);
});

test.run();
