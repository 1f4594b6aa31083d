// Real programs on the <sys/mman.h> of guest/c, their sources unmodified: what they print as components, over spans and
// over copies, is what they print on this machine. The table is of what passed.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { thorough } from '../../tools/thorough.mjs';
import { isLeft, windowsSuite, WINDOWS_HOSTS } from '../../tools/wine.mjs';
import { HOSTS, runGuest, runHere, runOnWindows, type Ended } from './hosts.mjs';

/** In `make test`, one of each engine and way to map. */
const CHOSEN = ['node', 'wasmtime', 'plain-wasmtime-polyfill'];
const hosts = thorough ? Object.keys(HOSTS) : CHOSEN;
const windowsHosts = isLeft ? [] : Object.entries(WINDOWS_HOSTS);

const root = mkdtempSync(resolve('build', 'programs-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

/** A run of a program: the files that it finds, and the commands, in turn, in one folder. */
interface Program {
  name: string;
  /** Where one program is here several times. */
  title?: string;
  prepare: (folder: string) => void;
  runs: string[][];
  /** Counted in its output, for the table. */
  counts: RegExp;
  /** Whether its lines, which are numbered, come in the order in which the system lists a folder. */
  listed?: boolean;
  /** What Windows refuses, unless the polyfill maps: the runs that end there, and their error. */
  refused?: { what: string; runs: number[]; error: RegExp };
}

const titleOf = ({ name, title }: Program): string => title ?? name;

const nothing = (): void => undefined;

/** Only addresses may differ. */
const withoutAddresses = (line: string): string => line.replaceAll(/0x[0-9a-f]+/g, 'ADDRESS');

function fresh(program: Program, where: string): string {
  const folder = join(root, `${titleOf(program)}-${where.replaceAll(/\W/g, '-')}`);
  mkdirSync(folder);
  program.prepare(folder);
  return folder;
}

function comparable(program: Program, { status, lines, error }: Ended): Ended {
  const same = lines.map(withoutAddresses);
  return { status, lines: program.listed ? same.map((line) => line.replace(/^ok \d+/, 'ok')).sort() : same, error };
}

function results(program: Program, where: string, run: (folder: string, words: string[]) => Ended): Ended[] {
  const folder = fresh(program, where);
  const all = program.runs.map((words) => run(folder, words));
  rmSync(folder, { recursive: true });
  return all.map((ended) => comparable(program, ended));
}

/** LMDB maps more than the file has, and grows the file later. */
const PAST_END = { what: 'to map past the end of a file', error: /mdb_env_open.*: No such device/ };

/** LMDB's own tests, each on a new database. mtest6 is not built by LMDB's Makefile either, and does not compile. */
const lmdbTests = ['mtest', 'mtest2', 'mtest3', 'mtest4', 'mtest5'].map((name): Program => ({
  name: `lmdb-${name}`,
  prepare: (folder) => mkdirSync(join(folder, 'testdb')),
  runs: [[]],
  counts: /^(key|Adding|Deleted|Cursor|Deleting|Restarting)/,
  refused: { ...PAST_END, runs: [0] },
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
  refused: { ...PAST_END, runs: [0, 1, 2] },
};

/** With MDB_WRITEMAP from the beginning LMDB gives the file its whole size before it maps it. */
const lmdbWritemap: Program = {
  name: 'lmdb',
  title: 'lmdb, MDB_WRITEMAP first',
  prepare: nothing,
  runs: [
    ['.', 'writemap', '8000', 'get', '8000', 'put', '5000', 'get', '8000'],
    ['.', 'delete', '3000', 'writemap', '2000', 'get', '8000'],
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
    ],
    // Shrinks the file while it is mapped.
    ['data.db', ALL, SCAN, 'VACUUM', 'PRAGMA page_count', SCAN, 'PRAGMA integrity_check'],
    // The same file without a map.
    ['data.db', '0', SCAN, 'PRAGMA integrity_check', "SELECT sum(a) FROM t WHERE b LIKE 'updated%'"],
  ],
  counts: /./,
  refused: { what: 'to cut a file that is mapped', runs: [2], error: /^VACUUM: disk I\/O error$/m },
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
    listed: file.includes('bad_databases'),
  }));

/** The cells by program and host. */
const table = new Map<string, Map<string, string>>();
const onThisMachine = new Map<Program, Ended[]>();

/** What is run, by the title of its suites. */
const PROGRAMS: Record<string, Program[]> = {
  'LMDB, its own tests': lmdbTests,
  'LMDB, records': [lmdb, lmdbWritemap],
  SQLite: [sqlite],
  'libmaxminddb, its own tests': maxminddb,
};

const onWindows = new Map<string, Map<Program, Ended[]>>();

/** The results of all programs on a host of Windows. One process there runs them, because Wine is slow to start. */
function resultsOnWindows(host: string): Map<Program, Ended[]> {
  const known = onWindows.get(host);
  if (known) return known;
  const programs = Object.values(PROGRAMS).flat();
  const jobs = programs.flatMap((program) => {
    const folder = fresh(program, host);
    return program.runs.map((words) => ({ program, name: program.name, folder, words }));
  });
  const all = runOnWindows(host, jobs).map((ended, at) => comparable((jobs[at] as (typeof jobs)[0]).program, ended));
  for (const folder of new Set(jobs.map((job) => job.folder))) rmSync(folder, { recursive: true });
  const made = new Map(programs.map((program) => [program, all.filter((_, at) => jobs[at]?.program === program)]));
  onWindows.set(host, made);
  return made;
}

/** What the program prints on this machine, where it does something and fails nowhere. */
function expectedOf(program: Program): Ended[] {
  const native =
    onThisMachine.get(program) ?? results(program, 'here', (folder, words) => runHere(program.name, folder, words));
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
  return native;
}

/** A cell of the table. */
function tell(program: Program, host: string, text: string): void {
  const row = table.get(titleOf(program)) ?? new Map<string, string>();
  table.set(titleOf(program), row.set(host, text));
}

function compare(program: Program, host: string, guest: Ended[], refused?: Program['refused']): void {
  const native = expectedOf(program);
  for (const [i, { status, lines, error }] of guest.entries()) {
    const expected = native[i]?.lines ?? [];
    if (refused?.runs.includes(i)) {
      const last = lines.findIndex((line) => refused.error.test(line));
      assert.equal(lines.slice(0, Math.max(last, 0)), expected.slice(0, Math.max(last, 0)), 'before it is refused');
      assert.is.not(status, 0);
      assert.match([...lines, error].join('\n'), refused.error);
    } else {
      assert.equal(lines, expected, error);
      assert.is(status, 0, error);
    }
  }
  const counted = guest.flatMap(({ lines }) => lines.filter((line) => program.counts.test(line))).length;
  tell(program, host, refused ? `refused after ${counted}` : String(counted));
}

function check(title: string, programs: Program[]): void {
  for (const host of hosts) {
    const test = suite(`${title}, ${host}`);
    for (const program of programs) {
      test(titleOf(program), () => {
        const run = (folder: string, words: string[]): Ended => runGuest(host, program.name, folder, words);
        compare(program, host, results(program, host, run));
      });
    }
    test.run();
  }
  for (const [host, { wine, options }] of windowsHosts) {
    windowsSuite(`${title}, ${host}`, wine, (test) => {
      test.before(() => {
        resultsOnWindows(host);
      });
      for (const program of programs) {
        const refused = options.includes('--no-native') ? undefined : program.refused;
        test(refused ? `${titleOf(program)}: Windows refuses ${refused.what}` : titleOf(program), () => {
          compare(program, host, resultsOnWindows(host).get(program) as Ended[], refused);
        });
      }
    });
  }
}

assert.ok(existsSync('build/programs/sources'), 'make programs');
for (const [title, programs] of Object.entries(PROGRAMS)) check(title, programs);

process.on('exit', () => {
  const tried = [...hosts, ...windowsHosts.map(([host]) => host)];
  const header = ['lines that are those of this machine', ...tried];
  const rows = [...table].map(([name, cells]) => [name, ...tried.map((host) => cells.get(host) ?? '')]);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  for (const row of [header, ...rows]) {
    console.log(
      `table: ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`,
    );
  }
});
