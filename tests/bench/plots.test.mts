// The plots: the numbers in them, and what is drawn.
import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readReport } from './compare.mjs';
import { draw } from './plots.mjs';
import { describe, plotsOf, QUESTIONS, say } from './questions.mjs';
import type { Row } from './report.mjs';

const test = suite('plots of the benchmarks');

const spread = (median: number): Row['ours_spread'] => ({
  rounds: 5,
  median,
  low: median * 0.9,
  high: median * 1.2,
});

const row = (name: string, ours: string, against: string, unit: string, group = 'Table'): Row => ({
  group,
  name,
  ours,
  against,
  unit,
  ours_value: 90,
  against_value: 400,
  ratio: 4,
  ours_spread: spread(100) as NonNullable<Row['ours_spread']>,
});

const reads = [
  row('random 4 KiB', 'view', 'fs.readSync', 'ns'),
  { ...row('random 4 KiB', 'readInto', 'C, memcpy', 'ns'), against_value: NaN },
];

test('a bar is the median and the quartiles, or the value of a single round', () => {
  assert.equal(plotsOf(reads)[0]?.panels, [
    {
      title: '',
      bars: [
        { label: 'view()', ours: true, value: 100, low: 90, high: 120 },
        { label: 'fs.readSync', ours: false, value: 400 },
      ],
    },
  ]);
});

test('what a report lacks is left out: bars, panels and plots', () => {
  assert.equal(plotsOf([]), []);
  assert.equal(
    plotsOf([row('a guest in Rust', 'engine with spans', 'default engine', 'us')]).map(({ name, panels }) => [
      name,
      panels.map(({ title }) => title),
    ]),
    [['instances', ['A guest in Rust']]],
  );
});

test('rows are told apart by their table, and found whatever version the host has', () => {
  const grep = (group: string): Row => row('grep -c', 'mgrep in Rust', 'grep -Fac', 'ms', group);
  assert.equal(plotsOf([grep('Counting lines with "shrd"')]), []);
  assert.is(plotsOf([grep('Counting lines with "stays mainly in the plain"')]).length, 1);
  const [plot] = plotsOf([row('read, 64 KiB, wasmtime 48.0.2', 'fused', 'descriptor.read', 'GB/s')]);
  assert.equal(
    plot?.panels.map(({ title }) => title),
    ['plain wasmtime'],
  );
});

test('files that a guest reads are no mapping of ours, wherever a row has them', () => {
  const [plot] = plotsOf([row('requests', 'file', 'native, mapped each time', '/s')]);
  assert.equal(
    plot?.panels[0]?.bars.map(({ label, ours }) => [label, ours]),
    [['wasi:filesystem', false]],
  );
});

test('values are said with a unit that fits', () => {
  const values: Array<[number, string]> = [
    [272.35, 'ns'],
    [13_567, 'ns'],
    [0.3456, 'GB/s'],
    [27.29, 'GB/s'],
    [1443.54, 'ms'],
    [80.04, 'ms'],
    [22.54, 'us'],
    [92_634.2, '/s'],
  ];
  assert.equal(
    values.map(([value, unit]) => say(value, unit)),
    ['272 ns', '13.6 µs', '0.35 GB/s', '27.3 GB/s', '1.4 s', '80 ms', '22.5 µs', '92,634/s'],
  );
});

test('an SVG has the labels and values as text, in both themes, and is not wider than a phone', async () => {
  const [plot] = plotsOf(reads);
  if (!plot) return assert.unreachable('there is no plot');
  assert.is(describe(plot), 'How long is a random read in Node? view() 100 ns, fs.readSync 400 ns.');
  const [light, dark] = [await draw(plot, 'light'), await draw(plot, 'dark')];
  for (const svg of [light, dark]) {
    for (const text of ['How long is a random read in Node?', 'view()', '100 ns', 'fs.readSync', '400 ns']) {
      assert.match(svg, `>${text}</text>`);
    }
    assert.ok(Number(/<svg[^>]* width="([\d.]+)"/.exec(svg)?.[1]) <= 360);
  }
  assert.match(light, 'fill="#ffffff"');
  assert.match(dark, 'fill="#0d1117"');
  assert.is(light.length, dark.length, 'only the colours differ');
});

const KEPT = 'tests/bench/kept.json';
const FOLDER = 'tests/bench/plots';

test('the kept plots are those of the kept run, all questions have answers, and no file is large', async () => {
  const plots = plotsOf(readReport(KEPT).results);
  assert.equal(
    plots.map(({ name }) => name),
    QUESTIONS.map(({ name }) => name),
  );
  const expected: string[] = [];
  for (const plot of plots) {
    for (const bar of plot.panels.flatMap(({ bars }) => bars)) assert.ok(bar.value > 0, `${plot.name}: ${bar.label}`);
    for (const theme of ['light', 'dark'] as const) {
      const name = `${plot.name}-${theme}.svg`;
      const svg = readFileSync(`${FOLDER}/${name}`, 'utf8');
      assert.is(svg, await draw(plot, theme), `draw ${name} again: node build/tests/bench/plots.mjs ${KEPT} ${FOLDER}`);
      assert.ok(svg.length < 60_000, `${name} has ${svg.length} bytes`);
      expected.push(name);
    }
  }
  assert.equal(readdirSync(FOLDER).sort(), expected.sort());
});

test.run();
