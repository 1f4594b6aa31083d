/**
 * plots.mjs REPORT FOLDER: draws the plots of a report as SVG, NAME-light.svg and NAME-dark.svg.
 *
 * By Vega-Lite: a grammar of plots that runs without a browser and writes text as text; kept since 2015.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { readReport } from './compare.mjs';
import { describe, plotsOf, say, type Panel, type Plot } from './questions.mjs';
import type { Report } from './report.mjs';

const THEMES = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    soft: '#59636e',
    ours: '#0969da',
    theirs: '#b6bec7',
    error: '#1f2328',
  },
  dark: {
    background: '#0d1117',
    text: '#f0f6fc',
    soft: '#9198a1',
    ours: '#388bfd',
    theirs: '#545d68',
    error: '#f0f6fc',
  },
} as const;

export type Theme = keyof typeof THEMES;

/** In pixels. With labels and values, a plot is as wide as a phone, so its letters are not shrunk there. */
const BARS = 110;
const LABELS = 130;
const STEP = 23;
const FONT = 12.5;

/** The letters of a wide font, in units of its size: without a canvas, Vega takes 0.8, and leaves much room. */
const WIDTH = 0.62;
interface TextMetrics {
  width: (item: { fontSize?: number }, text: unknown) => number;
}
const { textMetrics } = vega as unknown as { textMetrics: TextMetrics }; // Its types lack it.
textMetrics.width = ({ fontSize = FONT }, text) => String(text).length * fontSize * WIDTH;

function panel({ title, bars }: Panel, unit: string, limit: number, theme: Theme): object {
  const { text, ours, theirs, error } = THEMES[theme];
  const x = { type: 'quantitative', axis: null, scale: { domain: [0, limit], nice: false } };
  return {
    ...(title && {
      title: {
        text: title,
        anchor: 'start',
        frame: 'group',
        dx: -LABELS,
        fontSize: 13,
        fontWeight: 'bold',
        color: text,
        offset: 4,
      },
    }),
    data: {
      values: bars.map((bar) => ({ low: bar.value, high: bar.value, ...bar, said: say(bar.value, unit) })),
    },
    width: BARS,
    height: { step: STEP },
    encoding: {
      y: {
        field: 'label',
        type: 'nominal',
        sort: null,
        axis: {
          title: null,
          domain: false,
          ticks: false,
          labelColor: text,
          labelFontSize: FONT,
          labelLimit: 300,
          minExtent: LABELS,
          maxExtent: LABELS,
          labelPadding: 6,
        },
      },
    },
    layer: [
      {
        mark: { type: 'bar', height: 15, cornerRadiusEnd: 2 },
        encoding: {
          x: { field: 'value', ...x },
          color: { condition: { test: 'datum.ours', value: ours }, value: theirs },
        },
      },
      {
        mark: { type: 'rule', color: error, strokeWidth: 1.5 },
        encoding: { x: { field: 'low', ...x }, x2: { field: 'high' } },
      },
      ...['low', 'high'].map((field) => ({
        mark: { type: 'tick', color: error, thickness: 1.5, size: 8 },
        encoding: { x: { field, ...x } },
      })),
      {
        mark: { type: 'text', align: 'left', dx: 6, fontSize: FONT, color: text },
        encoding: {
          x: { field: 'high', ...x },
          text: { field: 'said', type: 'nominal' },
        },
      },
    ],
  };
}

/** A plot for Vega-Lite. The values stand beside the bars, so there are no axes. */
export function specOf(plot: Plot, theme: Theme): TopLevelSpec {
  const { background, text, soft } = THEMES[theme];
  const limitOf = ({ bars }: Panel): number => Math.max(...bars.map(({ value, high = value }) => high));
  const limits = plot.panels.map(limitOf);
  const limit = (index: number): number => (plot.apart ? (limits[index] as number) : Math.max(...limits));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: describe(plot),
    background,
    padding: 10,
    title: {
      text: plot.question,
      subtitle: [plot.measure, 'blue: wasi-mmap; line: middle half of the rounds'],
      anchor: 'start',
      frame: 'bounds',
      color: text,
      subtitleColor: soft,
      fontSize: 14.5,
      subtitleFontSize: 11,
      subtitlePadding: 4,
      offset: 12,
    },
    spacing: 14,
    vconcat: plot.panels.map((part, index) => panel(part, plot.unit, limit(index), theme)),
    config: { font: 'system-ui, sans-serif', view: { stroke: null }, concat: { spacing: 14 } },
  } as TopLevelSpec;
}

/** The same plot is the same text, whatever was drawn before. */
export async function draw(plot: Plot, theme: Theme): Promise<string> {
  vega.resetSVGDefIds();
  const view = new vega.View(vega.parse(compile(specOf(plot, theme)).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

/** Draws the plots of a report into a folder, and returns their names. */
export async function drawAll({ results }: Report, folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const plots = plotsOf(results);
  for (const plot of plots) {
    for (const theme of Object.keys(THEMES) as Theme[]) {
      writeFileSync(join(folder, `${plot.name}-${theme}.svg`), await draw(plot, theme));
    }
  }
  console.log(`${plots.length} plots in ${folder}`);
  return plots.map(({ name }) => name);
}

if (process.argv[1]?.endsWith('plots.mjs')) {
  const [report = '', folder = ''] = process.argv.slice(2);
  await drawAll(readReport(report), folder);
}
