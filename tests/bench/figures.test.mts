// The numbers of a report: spreads, ratios, and what got slower.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compare, tell } from './compare.mjs';
import { best, quantile, ratios, spreadOf, type Value } from './figures.mjs';
import type { Report, Row } from './report.mjs';

const test = suite('figures of the benchmarks');

test('quantiles lie between the values, whatever their order', () => {
  assert.is(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.is(quantile([4, 1, 3, 2, 5], 0.25), 2);
  assert.is(quantile([7], 0.75), 7);
  assert.is(quantile([10, 9, 100], 1), 100);
});

test('a spread is the middle half of the rounds, and one round has none', () => {
  assert.equal(spreadOf([5, 1, 2, 4, 3]), { rounds: 5, median: 3, low: 2, high: 4 });
  assert.is(spreadOf([5]), undefined);
  assert.is(spreadOf(5), undefined);
});

test('the best is the fastest, as a time and as a speed', () => {
  assert.is(best([3, 2, 4], false), 2);
  assert.is(best([3, 2, 4], true), 4);
});

test('ratios are of the same round: a slow moment that hits both leaves them alone', () => {
  assert.equal(ratios([10, 100, 10], [20, 200, 20], false), [2, 2, 2]);
  assert.equal(ratios([20, 2, 20], [10, 1, 10], true), [2, 2, 2]);
  assert.equal(ratios([10, 20], 40, false), [4, 2]);
  assert.equal(ratios([10, 20], [40, 50, 900], false), [5, 2.5], 'other rounds: against their median');
});

/** A row as `add` makes it. */
function row(name: string, unit: string, ours: Value, theirs: Value): Row {
  const isSpeed = unit.endsWith('/s');
  const [mine, other] = [best(ours, isSpeed), best(theirs, isSpeed)];
  const [first, second, third] = [spreadOf(ours), spreadOf(theirs), spreadOf(ratios(ours, theirs, isSpeed))];
  return {
    group: 'Table',
    name,
    ours: 'mmap',
    against: 'fs',
    unit,
    ours_value: mine,
    against_value: other,
    ratio: isSpeed ? mine / other : other / mine,
    ...(first && { ours_spread: first }),
    ...(second && { against_spread: second }),
    ...(third && { ratio_spread: third }),
  };
}

const report = (results: Row[], more: Partial<Report> = {}): Report => ({
  machine: { processor: 'one', cores: 2, memory_kib: 1, system: 'linux' },
  quick: false,
  others: 0,
  busy: false,
  versions: {},
  results,
  ...more,
});

const names = (changes: { row: Row }[]): string[] => changes.map(({ row: { name } }) => name);

test('slower: beyond the spread, in times and in speeds', () => {
  const rival = [200, 202, 204];
  const kept = report([
    row('time', 'ns', [100, 101, 102], rival),
    row('speed', 'GB/s', [10, 10.1, 10.2], [5, 5, 5]),
    row('wide', 'ns', [80, 100, 140], rival),
    row('small', 'ns', [100, 100, 100], [200, 200, 200]),
    row('better', 'ns', [100, 101, 102], rival),
  ]);
  const now = report([
    row('time', 'ns', [120, 121, 122], rival),
    row('speed', 'GB/s', [8, 8.1, 8.2], [5, 5, 5]),
    row('wide', 'ns', [90, 115, 150], rival),
    row('small', 'ns', [104, 104, 104], [200, 200, 200]),
    row('better', 'ns', [50, 51, 52], rival),
  ]);
  const { slower, faster, common } = compare(kept, now);
  assert.equal([names(slower), names(faster), common], [['speed', 'time'], ['better'], 5]);
  assert.equal(names(compare(now, kept).slower), ['better'], 'and the other way round');
  assert.equal(names(compare(kept, kept).slower), []);
});

test('one value has no spread, so it must change by a quarter', () => {
  const kept = report([row('a little', 'ms', 100, 200), row('much', 'ms', 100, 200)]);
  const now = report([row('a little', 'ms', 120, 200), row('much', 'ms', 150, 200)]);
  assert.equal(names(compare(kept, now).slower), ['much']);
});

test('a slower machine makes nothing slower; a faster rival neither, on the same machine', () => {
  const kept = report([row('read', 'ns', [100, 101, 102], [200, 202, 204])]);
  const twice = [row('read', 'ns', [200, 202, 204], [400, 404, 408])];
  assert.equal(names(compare(kept, report(twice)).slower), [], 'the same machine in a slow hour');
  const rival = [row('read', 'ns', [100, 101, 102], [100, 101, 102])];
  assert.equal(names(compare(kept, report(rival)).slower), []);
  const other = compare(kept, report(rival, { machine: { ...kept.machine, processor: 'two' } }));
  assert.equal([other.sameMachine, names(other.slower)], [false, ['read']], 'where times tell nothing, the ratio does');
});

test('the text names what is slower, what is missing, and a busy machine', () => {
  const kept = report([row('read', 'ns', [100, 101, 102], [200, 202, 204]), row('gone', 'ns', 1, 2)]);
  const now = report([row('read', 'ns', [150, 151, 152], [200, 202, 204])], { busy: true });
  const text = tell(kept, now);
  assert.match(text, '1 comparisons are in both runs, 1 only in the kept one, 0 only in this one');
  assert.match(text, 'only ratios are compared: this run had a busy machine');
  assert.match(
    text,
    /1 slower beyond noise:\n {2}read: mmap, against fs +2\.00 x -> 1\.3\d x \(101\.00 -> 151\.00 ns\)/,
  );
  assert.match(tell(kept, kept), 'nothing is slower');
});

test.run();
