/** The figures of a run: what was mapped, copied and faulted. */
import type { Metrics } from '../host/index.mjs';
import { printable, type Stats } from './options.mjs';
import { say, writeOutput } from './output.mjs';

/** When a run begins or ends. */
export interface Moment {
  readonly time: bigint;
  readonly minor: number;
  readonly major: number;
}

export function now(): Moment {
  const { minorPageFault: minor, majorPageFault: major } = process.resourceUsage();
  return { time: process.hrtime.bigint(), minor, major };
}

/** A number of bytes, as people read it. */
function size(bytes: number): string {
  if (bytes < 1024) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** A run that has ended. */
export interface Run {
  readonly component: string;
  readonly exitCode: number;
  readonly trapped: boolean;
  readonly begin: Moment;
  readonly end: Moment;
  readonly metrics: Metrics;
  /** The spans with lost pages that the component was not told of. */
  readonly unnoticedFaults: number;
}

/** Page faults of the process: those for which the page was in memory, and those for which it was read. */
function pageFaults({ begin, end }: Run): { minor: number; major: number } | null {
  // Windows has one number for both.
  if (process.platform === 'win32') return null;
  return { minor: end.minor - begin.minor, major: end.major - begin.major };
}

function lines(run: Run): string[] {
  const { metrics: done } = run;
  const peak = (number: number, noun: string, most: number): string =>
    `${count(number, noun)}, at most ${size(most)} at a time`;
  const all = [
    ['mapped', peak(done.allMappings, 'mapping', done.peakMapped)],
    ...(done.allSpans === 0 ? [] : [['spans', peak(done.allSpans, 'span', done.peakAttached)]]),
    ['copied', `${size(done.bytesRead)} by read, ${size(done.bytesWritten)} by write`],
    ['passed', `${size(done.bytesStepped)} by find, rfind, move, populate and resident`],
    ['memory', `at most ${size(done.peakPrivateMemory)} beside the pages of files`],
    ['errors', `${count(done.faults, 'fault')}, ${count(done.noMemory, 'call')} without memory`],
  ];
  const faults = pageFaults(run);
  if (faults !== null) {
    const { minor, major } = faults;
    all.push(['pages', `${count(minor + major, 'fault')} of the process, ${major} of them from storage`]);
  }
  return all.map(([title, words]) => `  ${title?.padEnd(6)}  ${words}`);
}

/** Writes the figures to where the user wants them. */
export async function report(stats: Stats, run: Run): Promise<void> {
  const { component, exitCode, trapped, begin, end, metrics: done } = run;
  const seconds = Number(end.time - begin.time) / 1e9;
  if (stats.shown) {
    const how = trapped ? 'trapped' : `ended with exit code ${exitCode}`;
    say(printable([`wasi-mmap: ${component} ${how} after ${seconds.toFixed(3)} s`, ...lines(run), ''].join('\n')));
  }
  if (stats.json === undefined) return;
  const data = {
    component,
    exitCode,
    trapped,
    seconds,
    mappings: done.allMappings,
    peakMapped: done.peakMapped,
    spans: done.allSpans,
    peakAttached: done.peakAttached,
    bytesRead: done.bytesRead,
    bytesWritten: done.bytesWritten,
    bytesStepped: done.bytesStepped,
    peakPrivateMemory: done.peakPrivateMemory,
    faults: done.faults,
    unnoticedFaults: run.unnoticedFaults,
    noMemory: done.noMemory,
    pageFaults: pageFaults(run),
  };
  await writeOutput(stats.json, Buffer.from(`${JSON.stringify(data)}\n`));
}
