// A truncated file is an error, and does not end the process.
import { spawnSync } from 'node:child_process';
import { ftruncateSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as everywhere } from 'uvu';
import * as assert from 'uvu/assert';
import { mmap, type Mmap } from 'wasi-mmap';
import { diskFolder, evaluate, inRuntimes, pattern, runNode, throwsCode } from '../support.mjs';

const test = inRuntimes(everywhere);

const PAGE = 4096;
const BYTES = pattern(10 * PAGE);
const folder = diskFolder();
let files = 0;

function newFile(): string {
  const path = join(folder, `${(files += 1)}`);
  writeFileSync(path, BYTES);
  return path;
}

/** A mapping whose file has lost all but its first two pages and a half. */
function cut(access: 'read' | 'write' | 'copy', touch?: (map: Mmap) => void): Mmap {
  const path = newFile();
  const map = mmap(path, 0, access);
  touch?.(map);
  truncateSync(path, 2.5 * PAGE);
  return map;
}

const lost = 5 * PAGE + 1;

test('every operation that touches a lost page reports it, first or later', () => {
  const calls: Array<[string, (map: Mmap) => unknown]> = [
    ['at', (map) => map.at(lost)],
    ['slice', (map) => map.slice(lost, lost + 3)],
    ['slice all', (map) => map.slice()],
    ['read', (map) => map.read()],
    ['readInto', (map) => map.readInto(new Uint8Array(BYTES.length))],
    ['readByte', (map) => (map.seek(lost), map.readByte())],
    ['readLine', (map) => (map.seek(lost), map.readLine())],
    ['find', (map) => map.find('absent')],
    ['rfind', (map) => map.rfind('absent')],
    ['indexOf', (map) => map.indexOf('absent')],
    ['iteration', (map) => [...map]],
    ['set', (map) => map.set([1], lost)],
    ['write', (map) => (map.seek(lost), map.write('x'))],
    ['fill', (map) => map.fill(1)],
    ['move from', (map) => map.move(0, lost, 1)],
    ['move to', (map) => map.move(lost, 0, 1)],
    ['copyWithin', (map) => map.copyWithin(0, lost)],
  ];
  for (const access of ['write', 'copy', 'read'] as const) {
    for (const [name, call] of calls) {
      if (access === 'read' && /set|write|fill|move|copyWithin/.test(name)) continue;
      for (const touch of [undefined, (map: Mmap): unknown => map.at(0), (map: Mmap): unknown => map.slice()]) {
        const map = cut(access, touch);
        throwsCode(() => call(map), 'fault', `${name} ${access}`);
        throwsCode(() => call(map), 'fault', `${name} ${access} again`);
        const left = map.slice(PAGE, 2 * PAGE); // The rest can be read; a change may have been done in part.
        if (!/fill|move|copyWithin/.test(name)) assert.equal(left, BYTES.slice(PAGE, 2 * PAGE), name);
        assert.is(map.size(), 2.5 * PAGE);
        map.close();
      }
    }
  }
});

test('a search that ends before the lost pages is no fault', () => {
  const map = cut('read');
  assert.is(map.find(BYTES.slice(300, 400)), 300 - 251);
  throwsCode(() => map.rfind(BYTES.slice(300, 400)), 'fault');
});

test('flush of lost pages', () => {
  const map = cut('write', (fresh) => fresh.fill(1));
  throwsCode(() => map.slice(), 'fault');
  throwsCode(() => map.flush(), 'fault');
  map.flush(0, PAGE);
});

test('bytes past the end in the last page are zero', () => {
  const map = cut('read');
  assert.equal(map.slice(2.5 * PAGE, 3 * PAGE), new Uint8Array(PAGE / 2));
});

test('a file that grows again is usable again', () => {
  const path = newFile();
  const map = mmap(path, 0, 'write');
  truncateSync(path, PAGE);
  throwsCode(() => map.at(lost), 'fault');
  truncateSync(path, 6 * PAGE);
  assert.is(map.at(lost), 0);
  throwsCode(() => map.at(6 * PAGE), 'fault');
  throwsCode(() => map.slice(), 'fault');
  truncateSync(path, 10 * PAGE);
  assert.equal(map.slice(PAGE), new Uint8Array(9 * PAGE));
  map.set('again', lost);
  assert.is(Buffer.from(mmap(path, 5, 'read', lost).slice()).toString(), 'again');
  truncateSync(path, 0);
  throwsCode(() => map.slice(), 'fault');
  truncateSync(path, 10 * PAGE);
  assert.is(map.at(0), 0);
});

test('resize mends a mapping', () => {
  const map = cut('write');
  throwsCode(() => map.slice(), 'fault');
  map.resize(10 * PAGE);
  assert.equal(map.slice(0, 2 * PAGE), BYTES.slice(0, 2 * PAGE));
  assert.is(map.at(lost), 0);
});

test('a view reads zeros and the mapping knows', () => {
  for (const access of ['read', 'write', 'copy'] as const) {
    const map = cut(access);
    const view = map.view();
    assert.is(view.reduce((sum, byte) => sum + byte, 0) > 0, true);
    view[lost] = 1;
    assert.is(view[lost + 1], 0);
    throwsCode(() => map.at(lost), 'fault', access);
  }
});

test('other mappings know nothing of it', () => {
  const other = mmap(newFile(), 0, 'read');
  other.at(0);
  throwsCode(() => cut('read').at(lost), 'fault');
  assert.equal(other.slice(), BYTES);
  assert.is(other.at(lost), BYTES[lost]);
});

test('in compiled code', () => {
  const path = newFile();
  const map = mmap(path, 0, 'read');
  const sum = (from: number): number => {
    let total = 0;
    for (let index = from; index < map.length; index += 1) total += map.at(index) as number;
    return total;
  };
  for (let round = 0; round < 50; round += 1) sum(0);
  truncateSync(path, 9 * PAGE);
  throwsCode(() => sum(0), 'fault');
  throwsCode(() => sum(9 * PAGE), 'fault');
});

test('many mappings, many faults', () => {
  const path = newFile();
  const fd = openSync(path, 'r+');
  const maps = Array.from({ length: 700 }, (_, index) => mmap(fd, 0, index % 2 === 0 ? 'read' : 'copy', index * 10));
  ftruncateSync(fd, 2 * PAGE);
  for (const map of maps) throwsCode(() => map.at(-1), 'fault');
  maps.forEach((map) => map.close());
});

const CUT = `import { truncateSync } from 'node:fs'; truncateSync(process.argv[1], 1);`;

test('cut by another process in the middle of a read', () => {
  const output = runNode(
    `
    import { mmap } from 'wasi-mmap';
    import { spawn } from 'node:child_process';
    import { ftruncateSync, openSync } from 'node:fs';
    const fd = openSync(process.argv[1], 'r+');
    ftruncateSync(fd, 64 << 20);
    const map = mmap(fd, 0, 'read');
    spawn(process.execPath, [...${JSON.stringify(evaluate(CUT))}, process.argv[1]]);
    const end = Date.now() + 30000;
    let code;
    while (!code && Date.now() < end) {
      try { map.slice(); map.find('absent'); } catch (error) { code = error.code; }
    }
    console.log(code);
  `,
    newFile(),
  );
  assert.is(output, 'fault\n');
});

test('a SIGBUS that is not ours still ends the process', () => {
  const code = `
    import { mmap } from 'wasi-mmap';
    mmap(process.argv[1], 0, 'read').at(0);
    process.kill(process.pid, 'SIGBUS');
    setTimeout(() => console.log('survived'), 2000);
  `;
  const result = spawnSync(process.execPath, [...evaluate(code), newFile()], { encoding: 'utf8' });
  assert.is(result.signal, 'SIGBUS');
  assert.is(result.stdout, '');
});

test.run();
