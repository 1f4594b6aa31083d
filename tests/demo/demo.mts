/** What mapping does to real files: the Node binary and the text of the contract. Ends with 1 if a cell is wrong. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { mmap, MmapError } from 'wasi-mmap';
import { targets, type Target } from '../contract/targets.mjs';
import { ask, askGuest, CONTRACT, QUESTIONS } from './access.mjs';
import { scans } from './scan.mjs';
import { search } from './search.mjs';
import { linesFrom, platforms } from '../tools/platforms.mjs';
import type { Told } from './there.mjs';

const SYMBOL = 'napi_register_module';
type OpenExisting = NonNullable<Target['openExisting']>;

/** The API without a guest. */
const HERE = 'TypeScript in Node';
const ACCESSES = ['read', 'copy', 'write'] as const;

mkdirSync('build', { recursive: true });
const folder = mkdtempSync(resolve('build', 'demo-'));
let wrong = 0;

const size = (path: string): string => `${(statSync(path).size / 2 ** 20).toFixed(1)} MiB`;

/** Prints rows under a header, columns aligned. */
function table(header: string[], rows: string[][]): void {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  for (const cells of [header, widths.map((width) => '-'.repeat(width)), ...rows]) console.log(`  ${line(cells)}`);
}

/** A copy of the file: one of the modes changes it. */
function copyOf(path: string): string {
  const copy = join(folder, basename(path));
  copyFileSync(path, copy);
  return copy;
}

console.log('Three accesses, on real files (every cell is measured, and compared with the contract):');
const inputs = [process.execPath, 'wit/mmap.wit'];
const guests = targets.filter(({ openExisting }) => openExisting);

/** What the API answers in the Node of other platforms, by platform. */
const elsewhere = new Map<string, Told[]>();
for (const platform of platforms) {
  const column = `${HERE} (${platform.name})`;
  if (platform.missing !== undefined) {
    console.log(`  no column for ${platform.name}: this machine has ${platform.missing}`);
    continue;
  }
  const told: Told[] = [];
  const place = join(folder, platform.name);
  mkdirSync(place);
  const words = [relative('.', place), ...inputs];
  for await (const answer of linesFrom<Told>(platform, 'build/tests/demo/there.mjs', words)) told.push(answer);
  rmSync(place, { recursive: true });
  elsewhere.set(column, told);
}

for (const access of ACCESSES) {
  const cells = new Map<string, Set<string>>();
  /** Cells of one host are one, for its languages are to answer alike. */
  const tell = (question: string, column: string, answer: string, expected: string): void => {
    if (answer !== expected) wrong += 1;
    const cell = `${question} ${column}`;
    cells.set(
      cell,
      (cells.get(cell) ?? new Set()).add(answer === expected ? answer : `WRONG: ${answer}, not ${expected}`),
    );
  };
  for (const path of inputs) {
    const answers = ask(copyOf(path), access);
    for (const question of QUESTIONS) tell(question, HERE, answers[question], CONTRACT[access][question]);
    for (const { host, openExisting } of guests) {
      const guestAnswers = await askGuest(openExisting as OpenExisting, copyOf(path), access);
      for (const question of QUESTIONS) {
        const expected = question === 'a store into a view' ? 'no views' : CONTRACT[access][question];
        tell(question, host, guestAnswers[question], expected);
      }
    }
  }
  for (const [column, told] of elsewhere) {
    for (const { answers } of told.filter((answer) => answer.access === access)) {
      for (const question of QUESTIONS) tell(question, column, answers[question], CONTRACT[access][question]);
    }
  }
  console.log(`\nAccess ${access}`);
  const hosts = [HERE, ...elsewhere.keys(), ...new Set(guests.map(({ host }) => host))];
  const title = (host: string): string => (host.startsWith(HERE) ? host : `guests, ${host}`);
  const rows = QUESTIONS.map((question) => [
    question,
    ...hosts.map((host) => [...(cells.get(`${question} ${host}`) ?? [])].join('; ')),
  ]);
  table(['', ...hosts.map(title)], rows);
}
for (const target of guests) target.close();
const languages = [...new Set(guests.map(({ language }) => language))].join(', ');
console.log(
  `\n  guests: the same components in ${languages}; -polyfill: over wasi:filesystem, without a native host` +
    `\n  files: ${inputs.map((path) => `${basename(path)} (${size(path)})`).join(', ')}; all answered alike\n`,
);

console.log(`The symbol "${SYMBOL}" in ${process.execPath} (${size(process.execPath)}), first and last place:\n`);
const results = search(process.execPath, SYMBOL);
const slowest = Math.max(...results.map(({ milliseconds }) => milliseconds));
table(
  ['', 'first', 'last', 'time', 'speed-up'],
  results.map(({ how, first, last, milliseconds }) => [
    how,
    String(first),
    String(last),
    `${milliseconds.toFixed(1)} ms`,
    `${(slowest / milliseconds).toFixed(1)} x`,
  ]),
);
const [ours, theirs] = results;
if (!ours || !theirs || ours.first < 0 || ours.first !== theirs.first || ours.last !== theirs.last) {
  wrong += 1;
  console.log('  WRONG: the two do not agree');
}

console.log('\nAnother process cuts the file to one byte while it is mapped:\n');
const cut = copyOf(process.execPath);
const map = mmap(cut, 0, 'read');
execFileSync(process.execPath, ['-e', 'require("fs").truncateSync(process.argv[1], 1)', cut]);
try {
  console.log(`  WRONG: at(-1) gave ${map.at(-1)}`);
  wrong += 1;
} catch (error) {
  if (!(error instanceof MmapError) || error.code !== 'fault') throw error;
  console.log(`  ${error.name}: ${error.message}\n  and the first byte can still be read: ${map.at(0)}`);
}
map.close();

console.log('\nSQLite in a component, sources unmodified, scans a table of 62 MiB, read by read and with mmap:\n');
const rows = scans(folder);
table(
  ['', 'without mmap', 'with mmap', 'ratio'],
  rows.map(({ where, without, mapped }) => [
    where,
    `${without.toFixed(1)} ms`,
    `${mapped.toFixed(1)} ms`,
    `${(without / mapped).toFixed(1)} x`,
  ]),
);
const [first] = rows;
if (rows.some(({ answer }) => answer !== first?.answer)) {
  wrong += 1;
  console.log(`  WRONG: the answers differ: ${rows.map(({ answer }) => answer).join('; ')}`);
}

rmSync(folder, { recursive: true });
if (wrong > 0) console.log(`\n${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
