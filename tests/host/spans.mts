/** The scenarios of spans.c and their ends, for all hosts. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { thorough } from '../tools/thorough.mjs';

export const SPANS = 'build/guests/c/spans.wasm';
/** The same as a command of WASI 0.3. */
export const SPANS_P3 = 'build/guests/c/spans-0.3.wasm';
export const UNIT = 65536;
export const ACCESSES = ['read', 'write', 'copy'] as const;
/** The expected end of each scenario of spans.c. */
export const SCENARIOS: Record<string, number | 'trap'> = {
  refusals: 0,
  pages: 0,
  lost: 'trap',
  'lost-by:load': 'trap',
  'lost-by:store': 'trap',
  'lost-by:copy-from': 'trap',
  'lost-by:copy-to': 'trap',
  'lost-by:fill': 'trap',
  'lost-by:host-writes': 'trap',
  'lost-by:host-reads': 'trap',
  grows: 0,
  tail: 0,
  freed: 0,
  large: 0,
  'ten-thousand': 0,
  most: 0,
  'stale:faulted': 'trap',
  'stale:flush': 'trap',
  'stale:advise': 'trap',
  'stale:drop': 'trap',
  'stale:foreign': 'trap',
  'stale:mapping': 'trap',
  'stale:outside': 'trap',
  'stale:advice': 'trap',
  'left:exit': 0,
  'left:trap': 'trap',
};

/** Scenarios, each with every access, or with one where what runs them takes long or is like another that has all. */
export function runsOf(scenarios: readonly string[], all = thorough): Array<{ scenario: string; access: string }> {
  return scenarios.flatMap((scenario, nth) =>
    ACCESSES.filter((_, which) => all || which === nth % ACCESSES.length).map((access) => ({ scenario, access })),
  );
}

/** Writes the files that the scenarios map and read. */
export function writeFiles(folder: string): void {
  const units = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(UNIT));
  writeFileSync(`${folder}/file`, units.join(''));
  writeFileSync(`${folder}/letters`, 'abcd'.repeat(UNIT / 4));
}

/** What runs a scenario: arguments of the command. */
export const runArguments = (folder: string, scenario: string, access: string, component = SPANS): string[] => [
  'run',
  '--dir',
  `${folder}::/`,
  component,
  scenario,
  access,
];

/** The end of a command, which must never be a signal. */
export function ended(command: string, args: string[]): number | string {
  const { status, signal, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 120_000 });
  // A scenario that is meant to trap prints a line before.
  if (status === 134 && /^wasi-mmap: spans(-0\.3)?\.wasm trapped: /m.test(stderr)) {
    return args.some((word) => word.startsWith('lost')) && !stderr.startsWith('so far so good\n') ? stderr : 'trap';
  }
  return status === 0 ? 0 : `${signal ?? status}: ${stderr}`;
}
