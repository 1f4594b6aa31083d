/** Programs in C that map files as they do on Linux: over spans, over reads, and on this machine. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { accesses, HERE, makeTable, records, scan, type Scan } from '../programs/c/timings.mjs';
import { OTHER_THREAD, RUNTIMES } from '../programs/c/hosts.mjs';
import { lacks } from '../tools/wine.mjs';
import type { Rounds } from './figures.mjs';
import { add, heading, QUICK, rounds, speed } from './report.mjs';

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
  const takenBy = new Map<string, Array<ReturnType<typeof accesses>>>();
  const everywhere = [HERE, ...HOSTS];
  for (let round = 0; round < rounds(5, 2); round += 1) {
    for (const place of everywhere) {
      takenBy.set(place, [...(takenBy.get(place) ?? []), accesses(place, folder, MEBIBYTES)]);
    }
  }
  const timesOf = (place: string, name: string): Rounds =>
    (takenBy.get(place) ?? []).map((taken) => taken.get(name)?.time ?? Number.NaN);
  const sumOf = (place: string, name: string): string | undefined => takenBy.get(place)?.[0]?.get(name)?.sum;
  for (const host of HOSTS) {
    const time = (name: string): Rounds => timesOf(host, name);
    const native = (name: string): Rounds => timesOf(HERE, name);
    for (const what of ['sum', '1 byte', '64 bytes']) {
      const isSum = what === 'sum';
      const value = (nanoseconds: Rounds): Rounds => (isSum ? speed(MEBIBYTES * 2 ** 20, nanoseconds) : nanoseconds);
      const mapped = value(time(`mmap, ${what}`));
      const row = (against: string, rival: Rounds, target?: number): void =>
        add(`${what}, ${host}`, 'mmap()', against, isSum ? 'GB/s' : 'ns', mapped, value(rival), target);
      row('bytes in its memory', time(`memory, ${what}`), isSum ? 0.95 : undefined);
      row('reads of the mapping', time(`copy, ${what}`));
      row('wasi:filesystem', time(`pread, ${what}`));
      row('mmap() on this machine', native(`mmap, ${what}`));
      agree(
        `${what}, ${host}`,
        sumOf(HERE, `mmap, ${what}`),
        ...['mmap', 'memory', 'copy', 'pread'].map((way) => sumOf(host, `${way}, ${what}`)),
      );
    }
  }

  heading('SQLite, a scan of 62 MiB');
  const tables = join(folder, 'sqlite');
  mkdirSync(tables);
  makeTable(tables);
  const unmapped = (place: string): string => `${place}, without mmap`;
  const others = QUICK ? [] : Object.keys(RUNTIMES);
  const slow = [unmapped('node'), ...others.map(unmapped)]; // Each takes ten seconds and more.
  const scans = new Map<string, Scan[]>();
  const scanAll = (count: number, ...places: string[]): void => {
    // In turn, for a shared machine has slow moments that must not hit one alone.
    for (let round = 0; round < count; round += 1) {
      for (const place of places) {
        const [host = place, without] = place.split(', without mmap');
        const now =
          without === undefined ? scan(host, tables, true) : scan(host, tables, false, slow.includes(place) ? 1 : 3);
        scans.set(place, [...(scans.get(place) ?? []), now]);
      }
    }
  };
  scanAll(
    rounds(5),
    HERE,
    ...HOSTS,
    OTHER_THREAD,
    ...HOSTS.map((host) => `${host}-polyfill`),
    ...others,
    unmapped('wasmtime'),
    unmapped(OTHER_THREAD),
  );
  scanAll(rounds(3, 2), ...slow);
  const scanned = (place: string): Rounds => (scans.get(place) ?? []).map(({ milliseconds }) => milliseconds);
  const answer = (place: string): string | undefined => scans.get(place)?.[0]?.answer;
  for (const [host, target] of [
    ['node', 30],
    ['wasmtime', 4],
  ] as const) {
    const row = (against: string, rival: string, least?: number): void => {
      add(`scan, ${host}`, 'mmap()', against, 'ms', scanned(host), scanned(rival), least);
      agree(`scan, ${host}, ${against}`, answer(host), answer(rival));
    };
    row('the same without mmap', unmapped(host), target);
    if (host === 'wasmtime') {
      const [ours, theirs] = [scanned(OTHER_THREAD), scanned(unmapped(OTHER_THREAD))];
      add(`scan, ${host}`, 'mmap()', 'without, other thread', 'ms', ours, theirs, target);
    }
    row('a copy (polyfill: no spans)', `${host}-polyfill`);
    row('mmap() on this machine', HERE, host === 'wasmtime' ? 1 / 1.5 : undefined);
  }

  for (const host of others) {
    add(`scan, ${host}`, 'mmap()', 'the same without mmap', 'ms', scanned(host), scanned(unmapped(host)));
    agree(`scan, ${host}`, answer('node'), answer(host), answer(unmapped(host)));
  }

  const lacking = QUICK ? 'no place for it in the quick form' : lacks('spans');
  if (lacking === undefined) {
    // Under Wine, which tells nothing about the speed of Windows.
    const windows = 'wasmtime/win32-x64';
    const spans = scan(`${windows}, spans`, tables, true);
    for (const [against, rival] of [
      ['the same without mmap', scan(`${windows}, spans`, tables, false)],
      ['a copy (no spans)', scan(windows, tables, true)],
    ] as const) {
      add('scan, Windows (Wine)', 'mmap()', against, 'ms', spans.milliseconds, rival.milliseconds);
      agree(`scan, Windows, ${against}`, answer('wasmtime'), spans.answer, rival.answer);
    }
  } else {
    console.log(`skips the scan on Windows: there is ${lacking}`);
  }

  heading('LMDB, 100,000 records, with commits of 10,000');
  const databases = join(folder, 'lmdb');
  mkdirSync(databases);
  const stored = new Map<string, Array<ReturnType<typeof records>>>();
  for (let round = 0; round < rounds(3, 2); round += 1) {
    for (const host of [HERE, ...HOSTS, ...HOSTS.map((name) => `${name}-polyfill`)]) {
      const place = join(databases, host.replaceAll(' ', '-'));
      mkdirSync(place);
      stored.set(host, [...(stored.get(host) ?? []), records(host, place, RECORDS)]);
      rmSync(place, { recursive: true });
    }
  }
  for (const host of HOSTS) {
    for (const verb of ['get', 'put', 'writemap'] as const) {
      const at = (place: string): Rounds => (stored.get(place) ?? []).map((times) => times[verb]);
      const [spans, copies, native] = [at(host), at(`${host}-polyfill`), at(HERE)];
      add(`${verb}, ${host}`, 'over spans', 'over copies (polyfill)', 'ns', spans, copies);
      add(`${verb}, ${host}`, 'over spans', 'on this machine', 'ns', spans, native);
    }
  }
  return wrong;
}
