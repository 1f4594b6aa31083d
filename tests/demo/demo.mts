/**
 * Shows what mapping does to real files: the Node binary and the text of the contract. demo.mjs [--tour]
 * The tour has every language, host and platform, and SQLite. Exit code 1: something is wrong.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { accesses, onOtherPlatforms } from './accesses.mjs';
import { cutFile } from './cut.mjs';
import { findGuests, leftOut, TITLES } from './guests.mjs';
import { scans } from './scan.mjs';
import { search, searchInGuest } from './search.mjs';
import { table } from './table.mjs';

const SYMBOL = 'napi_register_module';

const isTour = process.argv.includes('--tour');
mkdirSync('build', { recursive: true });
const folder = mkdtempSync(resolve('build', 'demo-'));
let wrong = 0;

const size = (path: string): string => `${(statSync(path).size / 2 ** 20).toFixed(1)} MiB`;

console.log('Three accesses, on real files (every cell is measured, and compared with the contract):');
const inputs = [process.execPath, 'wit/mmap.wit'];
const guests = findGuests(isTour);
const elsewhere = isTour ? await onOtherPlatforms(folder, inputs) : new Map();
wrong += await accesses(folder, inputs, guests, elsewhere);
const languages = [...new Set(guests.map(({ language }) => TITLES[language]))].join(', ');
if (guests.length > 0)
  console.log(
    `\n  guests: the same components in ${languages}; -polyfill: over wasi:filesystem, without a native host`,
  );
console.log(
  `${guests.length > 0 ? '' : '\n'}  files: ${inputs.map((path) => `${basename(path)} (${size(path)})`).join(', ')}; all answered alike\n`,
);

console.log(`The symbol "${SYMBOL}" in ${process.execPath} (${size(process.execPath)}), first and last place:\n`);
const results = search(process.execPath, SYMBOL);
for (const one of guests.filter(({ host }) => host === 'node' || host === 'wasmtime'))
  results.push(await searchInGuest(one, folder, process.execPath, SYMBOL));
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
const [ours] = results;
if (!ours || ours.first < 0 || results.some(({ first, last }) => first !== ours.first || last !== ours.last)) {
  wrong += 1;
  console.log('  WRONG: they do not agree');
}

console.log('\nAnother process cuts the file to one byte while it is mapped:\n');
wrong += await cutFile(folder, process.execPath, guests);

if (isTour) {
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
}

for (const { guest } of guests) guest.close();
rmSync(folder, { recursive: true });
if (!isTour) console.log(`\n"make tour" shows more. ${leftOut(guests)}`);
if (wrong > 0) console.log(`\n${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
