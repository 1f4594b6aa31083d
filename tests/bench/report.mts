/** Measuring side by side, and the report of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { best, map, ratios, spreadOf, type Rounds, type Spread, type Value } from './figures.mjs';

export interface Row {
  /** The title of the table. */
  group: string;
  name: string;
  ours: string;
  against: string;
  unit: string;
  /** Of the best round. */
  ours_value: number;
  against_value: number;
  /** Of the best rounds; above 1: ours is better. */
  ratio: number;
  /** Of all rounds, where there were several. */
  ours_spread?: Spread;
  against_spread?: Spread;
  /** Round by round. */
  ratio_spread?: Spread;
}

export interface Report {
  machine: { processor?: string; cores: number; memory_kib: number; system: string };
  /** Whether it was the quick form. */
  quick: boolean;
  /** Processors that other programs kept busy meanwhile, on average, and whether that is too much to trust the times. */
  others: number;
  busy: boolean;
  versions: Record<string, string>;
  results: Row[];
}

/** The quick form, of five minutes: fewer rounds, and the rows that answer the questions of `plots.mts`. */
export const QUICK = (process.env['QUICK'] ?? '') !== '';

/** How often a case is repeated, in the whole form and in the quick one. */
export const rounds = (whole: number, quick = 3): number => (QUICK ? Math.min(whole, quick) : whole);

const rows: Row[] = [];
let group = '';

/** Values in which more is better. */
export const isSpeed = (unit: string): boolean => unit.endsWith('/s');

/** A spread as a share of the median, to both sides. */
const sidesOf = ({ low, median, high }: Spread): string => `±${((50 * (high - low)) / median).toFixed(0)}%`;

/**
 * Adds a comparison; a ratio above 1 means that we are better. Values are what `measure` and `speed` return, or numbers
 * that have no rounds.
 *
 * @param target what the ratio should be at least
 */
export function add(
  name: string,
  ours: string,
  against: string,
  unit: string,
  value: Value,
  rival: Value,
  target?: number,
): void {
  const more = isSpeed(unit);
  const [mine, other] = [best(value, more), best(rival, more)];
  const ratio = more ? mine / other : other / mine;
  const [ourSpread, theirSpread] = [spreadOf(value), spreadOf(rival)];
  const ratioSpread = spreadOf(ratios(value, rival, more));
  rows.push({
    group,
    name,
    ours,
    against,
    unit,
    ours_value: mine,
    against_value: other,
    ratio,
    ...(ourSpread && { ours_spread: ourSpread }),
    ...(theirSpread && { against_spread: theirSpread }),
    ...(ratioSpread && { ratio_spread: ratioSpread }),
  });
  const verdict = target === undefined ? '' : `  target ${target}: ${judge(ratio / target)}`;
  const noise = ratioSpread ? `${sidesOf(ratioSpread)} of ${ratioSpread.rounds}` : 'once';
  const figures = `${mine.toFixed(2).padStart(10)} ${other.toFixed(2).padStart(10)} ${unit.padEnd(5)} ${ratio.toFixed(2).padStart(7)} x`;
  console.log(
    `${`${name}: ${ours}`.padEnd(58)} ${against.padEnd(26)} ${figures} ${noise.padStart(10)}${verdict}`.trimEnd(),
  );
}

function judge(share: number): string {
  if (share >= 1) return 'met';
  return share >= 0.95 ? 'met, within the noise of 5%' : 'MISSED';
}

/** What other programs take of this machine, sampled at the start of each table, when nothing of ours runs. */
const samples: number[] = [];
function sampleOthers(): void {
  const busy = (): number => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys, 0);
  const before = busy();
  const start = performance.now();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  samples.push((busy() - before) / (performance.now() - start));
}

/** Begins a table. */
export function heading(title: string): void {
  group = title;
  sampleOthers();
  console.log(
    `\n${title.padEnd(58)} ${'against'.padEnd(26)} ${'ours'.padStart(10)} ${'theirs'.padStart(10)} unit    ratio     spread`,
  );
}

/**
 * Runs the cases in turn, several times, and gives the time of each round in nanoseconds for one operation. Each case
 * returns how many operations it did. In turn, because a shared machine has slow moments that must not hit one alone.
 */
export function measure<K extends string>(cases: Record<K, () => number>, times = rounds(7, 5)): Record<K, number[]> {
  const names = Object.keys(cases) as K[];
  const taken = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round <= times; round += 1) {
    for (const name of names) {
      globalThis.gc?.();
      const start = process.hrtime.bigint();
      const operations = cases[name]();
      const time = Number(process.hrtime.bigint() - start) / operations;
      if (round > 0) taken[name].push(time); // The first round warms up.
    }
  }
  return taken;
}

/** Gigabytes a second, from nanoseconds for so many bytes. */
export const speed = (bytes: number, nanoseconds: Value): Rounds => map(nanoseconds, (time) => bytes / time);

/** Writes build/reports/bench.json, and returns what is in it. */
export function write(versions: Record<string, string>): Report {
  const memory = /MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  const [{ model } = {}] = cpus();
  const machine = {
    ...(model === undefined ? {} : { processor: model }),
    cores: cpus().length,
    memory_kib: Number(memory),
    system: process.platform,
  };
  const others = samples.reduce((sum, one) => sum + one, 0) / Math.max(samples.length, 1);
  const busy = others > 0.1 * machine.cores;
  const report: Report = { machine, quick: QUICK, others: Number(others.toFixed(2)), busy, versions, results: rows };
  mkdirSync('build/reports', { recursive: true });
  writeFileSync('build/reports/bench.json', `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\n${rows.length} comparisons in build/reports/bench.json`);
  if (busy) console.log(`THE MACHINE WAS BUSY: others took ${others.toFixed(1)} of its ${machine.cores} processors`);
  return report;
}
