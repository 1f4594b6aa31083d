/** Programs in C that map files as they do on Linux: over spans, over reads, and on this machine. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { accesses, HERE, makeTable, records, scan, type Scan } from '../programs/c/timings.mjs';
import { OTHER_THREAD, RUNTIMES } from '../programs/c/hosts.mjs';
import { lacks } from '../tools/wine.mjs';
import { add, heading, speed } from './report.mjs';

const MEBIBYTES = 256;
const RECORDS = 100_000;
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
  // In turn, for a shared machine has slow moments that must not hit one alone.
  const places = [HERE, ...HOSTS, OTHER_THREAD, ...HOSTS.map((host) => `${host}-polyfill`)];
  const best = new Map<string, Scan>();
  for (let round = 0; round < 3; round += 1) {
    for (const place of places) {
      const now = scan(place, tables, true);
      const before = best.get(place);
      if (!before || now.milliseconds < before.milliseconds) best.set(place, now);
    }
  }
  const mapped = (place: string): Scan => best.get(place) as Scan;
  for (const [host, target] of [
    ['node', 30],
    ['wasmtime', 4],
  ] as const) {
    const read = scan(host, tables, false);
    const row = (against: string, rival: Scan, least?: number): void => {
      add(`scan, ${host}`, 'mmap()', against, 'ms', mapped(host).milliseconds, rival.milliseconds, least);
      agree(`scan, ${host}, ${against}`, mapped(host).answer, rival.answer);
    };
    row('the same without mmap', read, target);
    if (host === 'wasmtime') {
      add(
        `scan, ${host}`,
        'mmap()',
        'without, other thread',
        'ms',
        mapped(OTHER_THREAD).milliseconds,
        scan(OTHER_THREAD, tables, false).milliseconds,
        target,
      );
    }
    row('a copy (polyfill: no spans)', mapped(`${host}-polyfill`));
    row('mmap() on this machine', mapped(HERE), host === 'wasmtime' ? 1 / 1.5 : undefined);
  }

  for (const host of Object.keys(RUNTIMES)) {
    const [spans, read] = [scan(host, tables, true), scan(host, tables, false, 1)]; // Which takes ten seconds and more.
    add(`scan, ${host}`, 'mmap()', 'the same without mmap', 'ms', spans.milliseconds, read.milliseconds);
    agree(`scan, ${host}`, mapped('node').answer, spans.answer, read.answer);
  }

  const lacking = lacks('spans');
  if (lacking === undefined) {
    // Under Wine, which tells nothing about the speed of Windows.
    const windows = 'wasmtime/win32-x64';
    const spans = scan(`${windows}, spans`, tables, true);
    for (const [against, rival] of [
      ['the same without mmap', scan(`${windows}, spans`, tables, false)],
      ['a copy (no spans)', scan(windows, tables, true)],
    ] as const) {
      add('scan, Windows (Wine)', 'mmap()', against, 'ms', spans.milliseconds, rival.milliseconds);
      agree(`scan, Windows, ${against}`, mapped('wasmtime').answer, spans.answer, rival.answer);
    }
  } else {
    console.log(`skips the scan on Windows: this machine has ${lacking}`);
  }

  heading('LMDB, 100,000 records, with commits of 10,000');
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
