/**
 * compare.mjs KEPT [NEW]: what got slower between two reports of `make bench`, beyond their noise.
 *
 * The ratio to the rival decides, because it is the same on a slower machine. Between two runs of one idle machine the time
 * has to be worse too: a rival that became faster makes nothing of ours slower.
 */
import { readFileSync } from 'node:fs';
import { isSpeed, type Report, type Row } from './report.mjs';

/** Changes of a median below this share are noise, however narrow the spread is. */
const NOISE = 0.05;
/** The same for a value without rounds, whose spread is not known. */
const NOISE_OF_ONE = 0.25;

export interface Change {
  row: Row;
  before: Row;
  /** How many times as good ours is now: below 1, it is slower. */
  factor: number;
}

export interface Comparison {
  slower: Change[];
  faster: Change[];
  /** How many rows are in both reports. */
  common: number;
  /** How many only the kept report has: the quick form leaves rows out. */
  gone: number;
  fresh: number;
  /** Whether the times count too. */
  sameMachine: boolean;
}

interface Range {
  middle: number;
  low: number;
  high: number;
  noise: number;
}

const keyOf = ({ group, name, ours, against, unit }: Row): string => JSON.stringify([group, name, ours, against, unit]);

const rangeOf = (value: number, spread: Row['ours_spread']): Range =>
  spread
    ? { middle: spread.median, low: spread.low, high: spread.high, noise: NOISE }
    : { middle: value, low: value, high: value, noise: NOISE_OF_ONE };

/** -1: worse beyond noise, 1: better, 0: neither. @param more whether more is better */
function verdict(before: Range, now: Range, more: boolean): number {
  const noise = Math.max(before.noise, now.noise);
  if (now.high < before.low && now.middle < before.middle * (1 - noise)) return more ? -1 : 1;
  if (now.low > before.high && now.middle > before.middle / (1 - noise)) return more ? 1 : -1;
  return 0;
}

export function compare(kept: Report, now: Report): Comparison {
  const { processor, cores, system } = kept.machine;
  const sameMachine =
    !kept.busy &&
    !now.busy &&
    processor === now.machine.processor &&
    cores === now.machine.cores &&
    system === now.machine.system;
  const known = new Map(kept.results.map((row) => [keyOf(row), row]));
  const result: Comparison = { slower: [], faster: [], common: 0, gone: 0, fresh: 0, sameMachine };
  for (const row of now.results) {
    const before = known.get(keyOf(row));
    if (!before) {
      result.fresh += 1;
      continue;
    }
    result.common += 1;
    const [ratio, was] = [rangeOf(row.ratio, row.ratio_spread), rangeOf(before.ratio, before.ratio_spread)];
    const ofRatio = verdict(was, ratio, true);
    const ofTime = sameMachine
      ? verdict(
          rangeOf(before.ours_value, before.ours_spread),
          rangeOf(row.ours_value, row.ours_spread),
          isSpeed(row.unit),
        )
      : ofRatio;
    if (ofRatio === 0 || ofRatio !== ofTime) continue;
    (ofRatio < 0 ? result.slower : result.faster).push({ row, before, factor: ratio.middle / was.middle });
  }
  result.gone = kept.results.length - result.common;
  result.slower.sort((a, b) => a.factor - b.factor);
  result.faster.sort((a, b) => b.factor - a.factor);
  return result;
}

const middleOf = ({ ours_value: value, ours_spread: spread }: Row): string => (spread?.median ?? value).toFixed(2);
const ratioOf = ({ ratio, ratio_spread: spread }: Row): string => (spread?.median ?? ratio).toFixed(2);

function line({ row, before }: Change): string {
  const { name, ours, against, unit } = row;
  const what = `${name}: ${ours}, against ${against}`;
  return `  ${what.padEnd(84)} ${ratioOf(before)} x -> ${ratioOf(row)} x (${middleOf(before)} -> ${middleOf(row)} ${unit})`;
}

/** The comparison, as text of several lines. */
export function tell(kept: Report, now: Report): string {
  const { slower, faster, common, gone, fresh, sameMachine } = compare(kept, now);
  const busy = [kept.busy && 'the kept run', now.busy && 'this run'].filter(Boolean).join(' and ');
  return [
    `${common} comparisons are in both runs, ${gone} only in the kept one, ${fresh} only in this one`,
    sameMachine
      ? 'the same machine: ratios and times are compared'
      : `only ratios are compared: ${busy ? `${busy} had a busy machine` : 'the machines differ'}`,
    ...(slower.length > 0 ? [`${slower.length} slower beyond noise:`, ...slower.map(line)] : ['nothing is slower']),
    ...(faster.length > 0 ? [`${faster.length} faster beyond noise:`, ...faster.map(line)] : []),
  ].join('\n');
}

/** @throws {Error} if the file is not a report of `make bench` */
export function readReport(path: string): Report {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Partial<Report>;
  if (!Array.isArray(report.results) || !report.machine) throw new Error(`${path} is no report of make bench`);
  return report as Report;
}

if (process.argv[1]?.endsWith('compare.mjs')) {
  const [kept = '', now = 'build/reports/bench.json'] = process.argv.slice(2);
  console.log(tell(readReport(kept), readReport(now)));
}
