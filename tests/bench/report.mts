/** Measuring side by side, and the report of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

interface Row {
  name: string;
  ours: string;
  against: string;
  unit: string;
  ours_value: number;
  against_value: number;
  ratio: number;
}

const rows: Row[] = [];

/** Values in which more is better. */
const isSpeed = (unit: string): boolean => unit.endsWith('/s');

/** Adds a comparison; a ratio above 1 means that we are better. `target` is what it should be at least. */
export function add(
  name: string,
  ours: string,
  against: string,
  unit: string,
  value: number,
  rival: number,
  target?: number,
): void {
  const ratio = isSpeed(unit) ? value / rival : rival / value;
  rows.push({ name, ours, against, unit, ours_value: value, against_value: rival, ratio });
  const verdict = target === undefined ? '' : `  target ${target}: ${judge(ratio / target)}`;
  const figures = `${value.toFixed(2).padStart(10)} ${rival.toFixed(2).padStart(10)} ${unit.padEnd(5)} ${ratio.toFixed(2).padStart(7)} x`;
  console.log(`${`${name}: ${ours}`.padEnd(58)} ${against.padEnd(26)} ${figures}${verdict}`);
}

function judge(share: number): string {
  if (share >= 1) return 'met';
  return share >= 0.95 ? 'met, within the noise of 5%' : 'MISSED';
}

export function heading(title: string): void {
  console.log(
    `\n${title.padEnd(58)} ${'against'.padEnd(26)} ${'ours'.padStart(10)} ${'theirs'.padStart(10)} unit    ratio`,
  );
}

/**
 * Runs the cases in turn, several times, and gives the best time of each in nanoseconds for one operation. Each case
 * returns how many operations it did. In turn, because a shared machine has slow moments that must not hit one alone.
 */
export function measure<K extends string>(cases: Record<K, () => number>, rounds = 7): Record<K, number> {
  const names = Object.keys(cases) as K[];
  const best = Object.fromEntries(names.map((name) => [name, Infinity])) as Record<K, number>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      globalThis.gc?.();
      const start = process.hrtime.bigint();
      const operations = cases[name]();
      const time = Number(process.hrtime.bigint() - start) / operations;
      if (round > 0) best[name] = Math.min(best[name], time); // The first round warms up.
    }
  }
  return best;
}

/** Gigabytes a second, from nanoseconds for so many bytes. */
export const speed = (bytes: number, nanoseconds: number): number => bytes / nanoseconds;

export function write(versions: Record<string, string>): void {
  const memory = /MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const machine = {
    processor: cpus()[0]?.model,
    cores: cpus().length,
    memory_kib: Number(memory),
    system: process.platform,
  };
  mkdirSync('build/reports', { recursive: true });
  writeFileSync('build/reports/bench.json', `${JSON.stringify({ machine, versions, results: rows }, null, 2)}\n`);
  console.log(`\n${rows.length} comparisons in build/reports/bench.json`);
}
