/** The questions that a reader has, and which values of a report answer them. */
import type { Report, Row } from './report.mjs';

/** One value of a plot. */
export interface Bar {
  label: string;
  /** Whether it is a mapping of ours. */
  ours: boolean;
  value: number;
  /** The quartiles; undefined if it was measured once. */
  low?: number;
  high?: number;
}

/** Bars that are compared with each other, on one scale. */
export interface Panel {
  title: string;
  bars: Bar[];
}

export interface Plot {
  /** The name of its files. */
  name: string;
  question: string;
  /** What is measured, and whether more is better. */
  measure: string;
  unit: string;
  /** Whether each panel has a scale of its own. */
  apart?: boolean;
  panels: Panel[];
}

/** A bar of a plot: a side of the row of this name. */
type Side = readonly [label: string, name: string, ours: string, against: string, side: 'ours' | 'against'];

interface Question extends Omit<Plot, 'panels'> {
  /** Bars of rows that a report does not have are left out. */
  panels: ReadonlyArray<readonly [title: string, picks: readonly Side[], group?: string]>;
}

const search = (name: string): Side[] => [
  ['find', name, 'find', 'Buffer.indexOf', 'ours'],
  ['Buffer.indexOf', name, 'find', 'Buffer.indexOf', 'against'],
  ['memmem in glibc', name, 'find (core)', 'glibc memmem', 'against'],
  ['find in CPython', name, 'find', 'CPython find', 'against'],
];

const requests = (reused: '' | ', reused', native: string): Side[] => [
  ['a span', 'requests', `span${reused}`, native, 'ours'],
  ['reads of a mapping', 'requests', `mapping${reused}`, native, 'ours'],
  ['wasi:filesystem', 'requests', `file${reused}`, native, 'ours'],
  ['a native server', 'requests', `span${reused}`, native, 'against'],
];

const instance = (language: string): Side[] => [
  ['with spans', `a guest in ${language}`, 'engine with spans', 'default engine', 'ours'],
  ['default engine', `a guest in ${language}`, 'engine with spans', 'default engine', 'against'],
  ['pooling engine', `a guest in ${language}`, 'engine with spans', 'pooling allocator', 'against'],
];

/** A word of the title of a table, because a row of another has the same name. */
const FEW_LINES = 'plain';

export const QUESTIONS: readonly Question[] = [
  {
    name: 'random-reads',
    question: 'How long is a random read in Node?',
    measure: '4 KiB of a cached file; shorter is better',
    unit: 'ns',
    panels: [
      [
        '',
        [
          ['view()', 'random 4 KiB', 'view', 'fs.readSync', 'ours'],
          ['readInto()', 'random 4 KiB', 'readInto', 'fs.readSync', 'ours'],
          ['slice()', 'random 4 KiB', 'slice', 'fs.readSync', 'ours'],
          ['fs.readSync', 'random 4 KiB', 'view', 'fs.readSync', 'against'],
          ['copy in mmap-io', 'random 4 KiB', 'readInto', '@riaskov/mmap-io@1.4.3 copy', 'against'],
          ['slice in CPython', 'random 4 KiB', 'slice', 'CPython slice', 'against'],
          ['memcpy in C', 'random 4 KiB', 'readInto', 'C, memcpy', 'against'],
        ],
      ],
    ],
  },
  {
    name: 'searching',
    question: 'How fast is a search?',
    measure: '256 MiB without a match; longer is better',
    unit: 'GB/s',
    panels: [
      ['2 bytes', search('2 bytes, first common, absent')],
      ['15 bytes', search('15 bytes, all common, absent')],
      ['200 bytes', search('200 bytes, all common, absent')],
    ],
  },
  {
    name: 'guests',
    question: 'How fast does a component read?',
    measure: 'Pieces of 64 KiB; longer is better',
    unit: 'GB/s',
    panels: [
      [
        'Node',
        [
          ['mapping', 'read 64 KiB', 'mapping', 'descriptor.read of the shim', 'ours'],
          ['polyfill', 'read, 64 KiB, Node', 'linked', 'descriptor.read', 'ours'],
          ['files, preview2-shim', 'read 64 KiB', 'mapping', 'descriptor.read of the shim', 'against'],
          ['files, wasi-mmap run', 'read, 64 KiB, Node', 'linked', 'descriptor.read', 'against'],
        ],
      ],
      [
        'wasmtime with the crate, with a sum',
        [
          ['mapping', 'sum, reads of 64 KiB', 'mapping', 'wasi, blocking allowed', 'ours'],
          ['files, own thread', 'sum, reads of 64 KiB', 'mapping', 'wasi, blocking allowed', 'against'],
          ['files, other thread', 'sum, reads of 64 KiB', 'mapping', 'wasi, on another thread', 'against'],
          ['native copy', 'sum, reads of 64 KiB', 'mapping', 'native: memcpy, sum', 'against'],
        ],
      ],
      [
        'plain wasmtime',
        [
          ['polyfill', 'read, 64 KiB, wasmtime', 'fused', 'descriptor.read', 'ours'],
          ['wasi:filesystem', 'read, 64 KiB, wasmtime', 'fused', 'descriptor.read', 'against'],
        ],
      ],
    ],
  },
  {
    name: 'programs',
    question: 'How long do components run?',
    measure: 'Shorter is better; two scales',
    unit: 'ms',
    apart: true,
    panels: [
      [
        'SQLite scans a table of 62 MiB',
        [
          ['mmap in Node', 'scan, node', 'mmap()', 'the same without mmap', 'ours'],
          ['mmap in wasmtime', 'scan, wasmtime', 'mmap()', 'the same without mmap', 'ours'],
          ['mmap, native', 'scan, node', 'mmap()', 'mmap() on this machine', 'against'],
          ['reads in Node', 'scan, node', 'mmap()', 'the same without mmap', 'against'],
          ['reads in wasmtime', 'scan, wasmtime', 'mmap()', 'the same without mmap', 'against'],
          ['other thread', 'scan, wasmtime', 'mmap()', 'without, other thread', 'against'],
        ],
      ],
      [
        'Counting 2 lines of 1 GiB',
        [
          ['mgrep in Rust', 'grep -c', 'mgrep in Rust', 'grep -Fac', 'ours'],
          ['mgrep in C', 'grep -c', 'mgrep in C', 'grep -Fac', 'ours'],
          ['mgrep in JS', 'grep -c', 'mgrep in JavaScript', 'grep -Fac', 'ours'],
          ['grep, native', 'grep -c', 'mgrep in Rust', 'grep -Fac', 'against'],
        ],
        FEW_LINES,
      ],
    ],
  },
  {
    name: 'instances',
    question: 'What does an instance cost?',
    measure: 'In wasmtime, to its end; shorter is better',
    unit: 'us',
    panels: [
      ['A guest in C', instance('C')],
      ['A guest in Rust', instance('Rust')],
      ['A guest in Python', instance('Python')],
    ],
  },
  {
    name: 'requests',
    question: 'How many requests are served?',
    measure: 'Lookups in 101 MB; longer is better; two scales',
    unit: '/s',
    apart: true,
    panels: [
      ['An instance for each request', requests('', 'native, mapped each time')],
      ['An instance for 10,000 requests', requests(', reused', 'native, mapped once')],
    ],
  },
];

const matches = (row: Row, [, name, ours, against]: Side, group = ''): boolean =>
  // A version may follow the name of a host.
  (row.name === name || row.name.replace(/ [\d.]+$/, '') === name) &&
  row.ours === ours &&
  row.against === against &&
  row.group.includes(group);

function barOf(row: Row, [label, , , , side]: Side): Bar {
  const [value, spread] = side === 'ours' ? [row.ours_value, row.ours_spread] : [row.against_value, row.against_spread];
  // What is not ours stays so where it is the first of a row: a guest that reads files is a rival.
  const ours = side === 'ours' && label !== 'wasi:filesystem';
  return spread ? { label, ours, value: spread.median, low: spread.low, high: spread.high } : { label, ours, value };
}

/** The plots of a report: the median of each value, and its quartiles. Those without a value are left out. */
export function plotsOf(results: Report['results']): Plot[] {
  return QUESTIONS.map(({ panels, ...question }) => ({
    ...question,
    panels: panels
      .map(([title, picks, group]) => ({
        title,
        bars: picks.flatMap((pick) => {
          const row = results.find((candidate) => matches(candidate, pick, group));
          const bar = row && barOf(row, pick);
          return bar && Number.isFinite(bar.value) ? [bar] : [];
        }),
      }))
      .filter(({ bars }) => bars.length > 0),
  })).filter(({ panels }) => panels.length > 0);
}

/** How a value is written beside its bar: three digits that count, and a better unit for large numbers. */
export function say(value: number, unit: string): string {
  const digits = (number: number): string =>
    number >= 100
      ? Math.round(number).toLocaleString('en-US')
      : Number(number.toPrecision(number < 10 ? 2 : 3)).toString();
  if (unit === 'ns' && value >= 10_000) return `${digits(value / 1000)} µs`;
  if (unit === 'ms' && value >= 1000) return `${digits(value / 1000)} s`;
  const name = unit === 'us' ? ' µs' : unit === '/s' ? unit : ` ${unit}`;
  return `${digits(value)}${name}`;
}

/** A plot in words, for those who do not see it. */
export function describe({ question, unit, panels }: Plot): string {
  const parts = panels.map(({ title, bars }) => {
    const values = bars.map(({ label, value }) => `${label} ${say(value, unit)}`).join(', ');
    return title ? `${title}: ${values}` : values;
  });
  return `${question} ${parts.join('; ')}.`;
}
