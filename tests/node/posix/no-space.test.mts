// A full disk is an error of resize, not a fault later.
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newPath } from '../support.mjs';
import { mkdirSync } from 'node:fs';
import { cannot } from '../support.mjs';

const CODE = `
  const { mmap } = require('wasi-mmap');
  const { writeFileSync, statSync } = require('fs');
  const path = process.argv[1] + '/file';
  writeFileSync(path, 'content');
  const map = mmap(path);
  const results = [];
  for (const size of [64 * 1024, 64 * 1024 * 1024, 128 * 1024]) {
    let answer = 'ok';
    try { map.resize(size); } catch (error) { answer = error.code; }
    results.push([answer, map.length, statSync(path).size, String.fromCharCode(map.at(0))]);
    map.fill(0x2e, 7);
  }
  console.log(JSON.stringify(results));
`;

test('resize past the space of a file system of 1 MiB', () => {
  const folder = newPath();
  mkdirSync(folder);
  const script = `mount -t tmpfs -o size=1m none "$1" && exec "$2" -e "$3" "$1"`;
  const args = ['-c', script, 'sh', folder, process.execPath, CODE];
  // A mount needs root, of the machine or of a user namespace.
  const asRoot = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
  const unshare = asRoot ? ['-m'] : ['-U', '-r', '-m'];
  if (spawnSync('unshare', [...unshare, 'true']).status !== 0) cannot('fill a disk: `unshare -m` is not allowed here');
  const output = execFileSync('unshare', [...unshare, 'sh', ...args], { encoding: 'utf8' });
  assert.equal(JSON.parse(output), [
    ['ok', 65_536, 65_536, 'c'],
    ['no-space', 65_536, 65_536, 'c'],
    ['ok', 131_072, 131_072, 'c'],
  ]);
});

test.run();
