// The host maps files of preview3-shim and of its own file system for WASI 0.3, as far as a descriptor has the rights.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

test.run();
