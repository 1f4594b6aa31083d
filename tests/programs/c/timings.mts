/** The times of the programs by their own clocks: as components on the hosts, and natively. */
import { WINDOWS_HOSTS } from '../../tools/wine.mjs';
import { runGuest, runHere, runOnWindows, type Ended } from './hosts.mjs';

/** Each host, and this machine itself. */
export const HERE = 'this machine';

function endedOn(host: string, name: string, folder: string, words: string[]): Ended {
  if (host === HERE) return runHere(name, folder, words);
  if (host in WINDOWS_HOSTS) return runOnWindows(host, [{ name, folder, words }])[0] as Ended;
  return runGuest(host, name, folder, words);
}

function run(host: string, name: string, folder: string, words: string[]): { lines: string[]; error: string } {
  const { status, lines, error } = endedOn(host, name, folder, words);
  if (status !== 0) throw new Error(`${name} ${words.join(' ')} on ${host}: ${lines.join('\n')} ${error}`);
  return { lines, error };
}

/** The milliseconds that a program prints with `-t`, in order. */
export const milliseconds = (error: string): number[] =>
  [...error.matchAll(/^([\d.]+) ms: /gm)].map(([, time]) => Number(time));

const ROWS = 300_000;
export const SCAN = "SELECT count(*), sum(length(b)), max(b) > 'F' FROM t";

/** Writes `scan.db`, a table of 62 MiB. */
export function makeTable(folder: string): void {
  run(HERE, 'sqlite', folder, [
    'scan.db',
    '0',
    'PRAGMA synchronous=OFF',
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)',
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
       INSERT INTO t SELECT i, printf('%08X%0192d', i * 2654435761 & 0xffffffff, i) FROM n`,
  ]);
}

export interface Scan {
  answer: string;
  milliseconds: number;
}

/** Scans the table. The best of several times counts: engines compile while they run. */
export function scan(host: string, folder: string, mapped: boolean, times = mapped ? 12 : 3): Scan {
  const { lines, error } = run(host, 'sqlite', folder, [
    '-t',
    'scan.db',
    mapped ? '2147418112' : '0',
    ...Array.from({ length: times }, () => SCAN),
  ]);
  return { answer: lines.at(-1) ?? '', milliseconds: Math.min(...milliseconds(error)) };
}

/** Nanoseconds for one record of LMDB: stored with write(), stored through the mapping, and looked up. */
export function records(host: string, folder: string, count: number): Record<'put' | 'writemap' | 'get', number> {
  const verbs = ['put', 'get', 'writemap', 'get', 'get'];
  const { error } = run(host, 'lmdb', folder, ['-t', '.', ...verbs.flatMap((verb) => [verb, String(count)])]);
  const times = milliseconds(error).map((time) => (time * 1e6) / count);
  const [put, , writemap, get, again] = times as [number, number, number, number, number];
  return { put, writemap, get: Math.min(get, again) };
}

/** Nanoseconds of each case of access.c, and its sum. */
export function accesses(host: string, folder: string, mebibytes: number): Map<string, { time: number; sum: string }> {
  const { lines } = run(host, 'access', folder, ['text', String(mebibytes)]);
  return new Map(
    lines.map((line): [string, { time: number; sum: string }] => {
      const [, name = '', time, sum = ''] = /^(.+): ([\d.]+) \((\w+)\)$/.exec(line) ?? [];
      return [name, { time: Number(time), sum }];
    }),
  );
}
