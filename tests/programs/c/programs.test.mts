// Real programs on the <sys/mman.h> of guest/c, their sources unmodified: what they print as components, over spans and
// over copies, is what they print on this machine. The table is of what passed.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HOSTS, runGuest, runHere, type Ended } from './hosts.mjs';

const root = mkdtempSync(resolve('build', 'programs-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

/** A run of a program: the files that it finds, and the commands, in turn, in one folder. */
interface Program {
  name: string;
  prepare: (folder: string) => void;
  runs: string[][];
  /** Counted in its output, for the table. */
  counts: RegExp;
}

const nothing = (): void => undefined;

/** Only addresses may differ. */
const withoutAddresses = (line: string): string => line.replaceAll(/0x[0-9a-f]+/g, 'ADDRESS');

function fresh(program: Program, where: string): string {
  const folder = join(root, `${program.name}-${where}`);
  mkdirSync(folder);
  program.prepare(folder);
  return folder;
}

function results(program: Program, where: string, run: (folder: string, words: string[]) => Ended): Ended[] {
  const folder = fresh(program, where);
  const all = program.runs.map((words) => run(folder, words));
  rmSync(folder, { recursive: true });
  return all.map(({ status, lines, error }) => ({ status, lines: lines.map(withoutAddresses), error }));
}

/** LMDB's own tests, each on a new database. mtest6 is not built by LMDB's Makefile either, and does not compile. */
const lmdbTests = ['mtest', 'mtest2', 'mtest3', 'mtest4', 'mtest5'].map((name): Program => ({
  name: `lmdb-${name}`,
  prepare: (folder) => mkdirSync(join(folder, 'testdb')),
  runs: [[]],
  counts: /^(key|Adding|Deleted|Cursor|Deleting|Restarting)/,
}));

const lmdb: Program = {
  name: 'lmdb',
  prepare: nothing,
  runs: [
    // Stored with write() and through the mapping, looked up in the same and in another process.
    ['.', 'put', '5000', 'get', '5000', 'delete', '5000', 'get', '5000'],
    ['.', 'get', '5000', 'writemap', '8000', 'get', '8000'],
    ['.', 'delete', '8000', 'writemap', '2000', 'get', '8000'],
  ],
  counts: /^(stored|found|went)/,
};

const ALL = '2147418112';
const SCAN = 'SELECT count(*), sum(length(b)), sum(a), max(b), min(b) FROM t';
const sqlite: Program = {
  name: 'sqlite',
  prepare: nothing,
  runs: [
    [
      'data.db',
      ALL,
      'PRAGMA journal_mode=DELETE',
      'CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)',
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<4000)
         INSERT INTO t SELECT i, printf('%08x', i*2654435761 & 0xffffffff) || printf('%0150d', i) FROM n`,
      'CREATE INDEX byB ON t(b)',
      SCAN,
      'PRAGMA mmap_size',
      'PRAGMA integrity_check',
    ],
    [
      'data.db',
      ALL,
      SCAN,
      "UPDATE t SET b = 'updated ' || b WHERE a % 7 = 0",
      'DELETE FROM t WHERE a % 11 = 0',
      'SELECT changes(), total_changes()',
      SCAN,
      'BEGIN',
      "UPDATE t SET b = 'rolled back' WHERE a % 5 = 0",
      "SELECT count(*) FROM t WHERE b = 'rolled back'",
      'ROLLBACK',
      SCAN,
      "SELECT a, b FROM t WHERE b > 'updated ff' ORDER BY b LIMIT 5",
      'PRAGMA integrity_check',
      'VACUUM', // Shrinks the file while it is mapped.
      'PRAGMA page_count',
      SCAN,
      'PRAGMA integrity_check',
    ],
    // The same file without a map.
    ['data.db', '0', SCAN, 'PRAGMA integrity_check', "SELECT sum(a) FROM t WHERE b LIKE 'updated%'"],
  ],
  counts: /./,
};

const maxminddb = readdirSync('build/programs')
  .filter((file) => /^maxminddb-.*\.wasm$/.test(file))
  .map((file): Program => ({
    name: file.replace('.wasm', ''),
    prepare: (folder) => {
      mkdirSync(join(folder, 't'));
      cpSync('build/programs/maxmind-db', join(folder, 't/maxmind-db'), { recursive: true });
      mkdirSync(join(folder, 'dev')); // bad_indent_t writes to /dev/null.
      writeFileSync(join(folder, 'dev/null'), '');
    },
    runs: [[]],
    counts: /^ok /,
  }));

const table: string[][] = [];
const onThisMachine = new Map<Program, Ended[]>();

function check(title: string, programs: Program[]): void {
  for (const host of Object.keys(HOSTS)) {
    const test = suite(`${title}, ${host}`);
    for (const program of programs) {
      test(program.name, () => {
        const native =
          onThisMachine.get(program) ??
          results(program, 'here', (folder, words) => runHere(program.name, folder, words));
        onThisMachine.set(program, native);
        for (const { status, lines, error } of native) {
          assert.is(status, 0, `on this machine: ${lines.slice(-5).join('\n')} ${error}`);
          assert.ok(
            lines.some((line) => program.counts.test(line)),
            'it did something',
          );
          assert.not.ok(
            lines.some((line) => /^(not ok|Bail out)/.test(line)),
            'on this machine',
          );
        }
        const guest = results(program, host, (folder, words) => runGuest(host, program.name, folder, words));
        for (const [i, { status, lines, error }] of guest.entries()) {
          assert.equal(lines, native[i]?.lines, error);
          assert.is(status, 0, error);
        }
        const counted = guest.flatMap(({ lines }) => lines.filter((line) => program.counts.test(line))).length;
        const row = table.find(([name]) => name === program.name) ?? [program.name];
        if (row.length === 1) table.push(row);
        row.push(String(counted));
      });
    }
    test.run();
  }
}

assert.ok(existsSync('build/programs/sources'), 'make programs');
check('LMDB, its own tests', lmdbTests);
check('LMDB, records', [lmdb]);
check('SQLite', [sqlite]);
check('libmaxminddb, its own tests', maxminddb);

process.on('exit', () => {
  const header = ['lines that are those of this machine', ...Object.keys(HOSTS)];
  const widths = header.map((title, i) => Math.max(title.length, ...table.map((row) => (row[i] ?? '').length)));
  for (const row of [header, ...table]) {
    console.log(
      `table: ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`,
    );
  }
});
