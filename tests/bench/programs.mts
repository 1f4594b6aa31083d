/** Programs in C that map files as they do on Linux: over spans, over reads, and on this machine. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accesses, HERE, makeTable, records, scan } from '../programs/timings.mjs';
import { add, heading, speed } from './report.mjs';

const MEBIBYTES = 256;
const RECORDS = 200_000;
const HOSTS = ['node', 'wasmtime'];

/** Tells how many answers were wrong. @param folder holds the file `text` */
export function programFigures(folder: string): number {
  let wrong = 0;
  const agree = (what: string, ...answers: Array<string | undefined>): void => {
    if (answers.every((answer) => answer === answers[0])) return;
    wrong += 1;
    console.log(`WRONG: ${what}: ${answers.join(', ')}`);
  };

  heading('A C program and the bytes of a file of 256 MiB: mmap() against other ways');
  const here = accesses(HERE, folder, MEBIBYTES);
  for (const host of HOSTS) {
    const guest = accesses(host, folder, MEBIBYTES);
    const time = (name: string): number => guest.get(name)?.time ?? Number.NaN;
    const native = (name: string): number => here.get(name)?.time ?? Number.NaN;
    for (const what of ['sum', '1 byte', '64 bytes']) {
      const isSum = what === 'sum';
      const value = (nanoseconds: number): number => (isSum ? speed(MEBIBYTES * 2 ** 20, nanoseconds) : nanoseconds);
      const mapped = value(time(`mmap, ${what}`));
      const row = (against: string, rival: number, target?: number): void =>
        add(`${what}, ${host}`, 'mmap()', against, isSum ? 'GB/s' : 'ns', mapped, value(rival), target);
      row('bytes in its memory', time(`memory, ${what}`), isSum ? 0.95 : undefined);
      row('reads of the mapping', time(`copy, ${what}`));
      row('wasi:filesystem', time(`pread, ${what}`));
      row('mmap() on this machine', native(`mmap, ${what}`));
      agree(
        `${what}, ${host}`,
        here.get(`mmap, ${what}`)?.sum,
        ...['mmap', 'memory', 'copy', 'pread'].map((way) => guest.get(`${way}, ${what}`)?.sum),
      );
    }
  }

  heading('SQLite, a scan of 62 MiB');
  const tables = join(folder, 'sqlite');
  mkdirSync(tables);
  makeTable(tables);
  const nativeScan = scan(HERE, tables, true);
  for (const [host, target] of [
    ['node', 30],
    ['wasmtime', 4],
  ] as const) {
    const mapped = scan(host, tables, true);
    const read = scan(host, tables, false);
    // Without a native host there are no spans: mmap() copies.
    const copied = scan(`${host}-polyfill`, tables, true);
    add(`scan, ${host}`, 'mmap()', 'the same without mmap', 'ms', mapped.milliseconds, read.milliseconds, target);
    add(`scan, ${host}`, 'mmap()', 'a copy (polyfill)', 'ms', mapped.milliseconds, copied.milliseconds);
    add(
      `scan, ${host}`,
      'mmap()',
      'mmap() on this machine',
      'ms',
      mapped.milliseconds,
      nativeScan.milliseconds,
      host === 'wasmtime' ? 1 / 1.5 : undefined,
    );
    agree(`scan, ${host}`, nativeScan.answer, mapped.answer, read.answer, copied.answer);
  }

  heading('LMDB, 200,000 records, with commits of 10,000');
  const databases = join(folder, 'lmdb');
  mkdirSync(databases);
  const at = (host: string): Record<'put' | 'writemap' | 'get', number> => {
    const place = join(databases, host.replaceAll(' ', '-'));
    mkdirSync(place);
    return records(host, place, RECORDS);
  };
  const native = at(HERE);
  for (const host of HOSTS) {
    const spans = at(host);
    const copies = at(`${host}-polyfill`);
    for (const verb of ['get', 'put', 'writemap'] as const) {
      add(`${verb}, ${host}`, 'over spans', 'over copies (polyfill)', 'ns', spans[verb], copies[verb]);
      add(`${verb}, ${host}`, 'over spans', 'on this machine', 'ns', spans[verb], native[verb]);
    }
  }
  return wrong;
}
