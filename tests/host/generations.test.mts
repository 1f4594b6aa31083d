// Guests in Rust that map files through WASI 0.3, through 0.2 and 0.3 at once, and what programs of either import.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeFiles } from './spans.mjs';
import { NODES_P3 } from '../tools/p3.mjs';

const GUESTS = 'build/guests/rust';

/** The scenarios of each guest, and whether they end well or by a trap. */
const SCENARIOS: Record<string, Record<string, 'well' | 'trap' | 'either'>> = {
  'memmap2-0.3': { reads: 'well', writes: 'well', refusals: 'well', faults: 'well' },
  'memmap2-both-0.3': { reads: 'well', writes: 'well', refusals: 'well', faults: 'well' },
  mixed: {
    shares: 'well',
    busy: 'well',
    faults: 'well',
    rights: 'well',
    'foreign:descriptor': 'trap',
    'foreign:mapping': 'trap',
    'foreign:attach': 'trap',
    'foreign:span': 'trap',
    'foreign:drop': 'either', // jco ignores a handle that it does not know.
  },
};

/** The interfaces of ours that each program imports. A program with both generations in its library imports those it uses. */
const IMPORTS: Record<string, string[]> = {
  contract: ['mapping@0.2.0'],
  'contract-both': ['mapping@0.2.0'],
  'contract-0.3': ['mapping@0.3.0'],
  mgrep: ['mapping@0.2.0'],
  'mgrep-0.3': ['mapping@0.3.0'],
  maps: ['mapping@0.2.0', 'span@0.2.0'],
  'memmap2-0.3': ['mapping@0.3.0', 'span@0.3.0'],
  'memmap2-both-0.3': ['mapping@0.3.0', 'span@0.3.0'],
  mixed: ['mapping@0.2.0', 'mapping@0.3.0', 'span@0.2.0', 'span@0.3.0'],
};

/** The commands for WASI 0.3. */
const HOSTS: Record<string, [string, ...string[]]> = {
  wasmtime: ['build/wasmtime/wasi-mmap'],
  ...Object.fromEntries(NODES_P3.slice(-1).map((node) => ['node', [node, 'dist/cli/main.mjs']])),
};

const imports = suite('what programs in Rust import');

const scenarios = suite('guests in Rust of WASI 0.3');
let folder = '';

scenarios.before(() => {
  folder = mkdtempSync(resolve('build', 'generations-'));
});
scenarios.after(() => rmSync(folder, { recursive: true }));

if (existsSync(`${GUESTS}/contract-0.3.wasm`)) {
  for (const [name, expected] of Object.entries(IMPORTS)) {
    imports(name, () => {
      const text = readFileSync(`${GUESTS}/${name}.wasm`, 'latin1');
      const found = [...text.matchAll(/wasi-mmap:mmap\/(\w+@\d+\.\d+\.\d+)/g)].map(([, which]) => which);
      assert.equal(new Set(found), new Set(expected));
    });
  }
  for (const [host, [program, ...words]] of Object.entries(HOSTS)) {
    for (const [guest, list] of Object.entries(SCENARIOS)) {
      for (const [scenario, expected] of Object.entries(list)) {
        scenarios(`${guest}, ${scenario}, ${host}`, () => {
          writeFiles(folder);
          writeFileSync(`${folder}/empty`, '');
          const args = [...words, 'run', '--dir', `${folder}::/`, `${GUESTS}/${guest}.wasm`, scenario];
          const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
          if (expected === 'well' || (expected === 'either' && status === 0)) return assert.is(status, 0, stderr);
          assert.is(status, 134, stderr);
          assert.match(stderr, /^so far so good\nwasi-mmap: mixed\.wasm trapped: /);
        });
      }
    }
  }
} else {
  console.log('skips guests in Rust of WASI 0.3: this machine has no Rust with the target wasm32-wasip2');
  imports('what is missing', () => assert.not(process.env['CI']));
}
imports.run();
scenarios.run();
