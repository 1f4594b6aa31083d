/** The scenarios of hostile.c and their ends, for all hosts. */
import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

export const HOSTILE = 'build/guests/c/hostile.wasm';
/** The same as a command of WASI 0.3. */
export const HOSTILE_P3 = 'build/guests/c/hostile-0.3.wasm';
export const TEXT = '0123456789abcdef'.repeat(4096);
export const NO_MEMORY = 11;
export const WRONG = 100;
const OUT_OF_RANGE = 7;
const UNSUPPORTED = 13;

/** An exit code, or a trap. */
export type End = number | 'trap';

/** The expected ends of each scenario. */
export const SCENARIOS: Readonly<Record<string, End | readonly End[]>> = {
  rights: 0,
  'large-numbers': 0,
  'every-order': 0,
  'large-needle': 0,
  many: 0,
  directory: UNSUPPORTED,
  'closed-descriptor': 'trap',
  'foreign-descriptor': 'trap',
  'negative-descriptor': 'trap',
  'zero-descriptor': 'trap',
  'no-access-of-that-number': 'trap',
  'foreign-read': 'trap',
  'zero-read': 'trap',
  'foreign-write': 'trap',
  'foreign-find': 'trap',
  // jco ignores the drop of an invalid handle, which is harmless, and cuts a source that reaches past the memory.
  'foreign-drop': ['trap', 0],
  'closed-read': 'trap',
  'closed-write': 'trap',
  'result-outside': 'trap',
  'source-outside': ['trap', WRONG],
  'needle-outside': ['trap', WRONG],
  'read-5-gib': NO_MEMORY,
  'read-3-gib': ['trap', NO_MEMORY],
  'realloc-outside': 'trap',
  // A copy that was made before the guest drops or shrinks the mapping is valid.
  'realloc-drops': ['trap', 0],
  'realloc-shrinks': ['trap', OUT_OF_RANGE, 0],
  'realloc-grows': 0,
  'realloc-traps': 'trap',
  'trap-while-mapped': 'trap',
  'exit-while-mapped': 0,
};

/** Those of the commands for wasmtime. preview2-shim has no read-only directories, wasmtime has. */
export const WASMTIME_SCENARIOS: typeof SCENARIOS = {
  ...SCENARIOS,
  'rights-read-only': 0,
  'memory-without-limit': 0,
  'search-1-gib': 0,
};

/** Those of HOSTILE_P3. A descriptor of the other generation is none. */
export const P3_SCENARIOS: typeof SCENARIOS = { ...WASMTIME_SCENARIOS, 'descriptor-of-0.2': 'trap' };

/** What runs a scenario there: arguments of the command. */
export const runArguments = (folder: string, scenario: string, component = HOSTILE): string[] => [
  'run',
  '--dir',
  `${folder}::/`,
  '--dir-ro',
  `${folder}::/read-only`,
  component,
  scenario,
];

/** Scenarios with a limit by the option of the command, and whether they end with this code. */
export const LIMITED: ReadonlyArray<{ scenario: string; size: string; code: number; is: boolean }> = [
  { scenario: 'memory-of-the-host', size: '1152k', code: 0, is: true },
  { scenario: 'memory-of-the-host', size: '1M', code: 0, is: false },
  { scenario: 'memory-of-the-host', size: '2M', code: 0, is: false },
  { scenario: 'memory-without-limit', size: '4G', code: 0, is: true },
  { scenario: 'memory-without-limit', size: '8000000G', code: WRONG, is: true },
  { scenario: 'search-nothing', size: '0', code: NO_MEMORY, is: true },
];

/** What runs one of them. */
export const limitedArguments = (folder: string, { scenario, size }: { scenario: string; size: string }): string[] => [
  'run',
  '--max-private-memory',
  size,
  '--dir',
  `${folder}::/`,
  HOSTILE,
  scenario,
];

/** Writes the file that the scenarios map and change. */
export const writeFile = (folder: string): void => writeFileSync(`${folder}/file`, TEXT);

/** A folder with the files of the scenarios. */
export function newFolder(): string {
  const folder = mkdtempSync(resolve('build', 'hostile-'));
  writeFile(folder);
  writeFileSync(`${folder}/sparse`, '');
  truncateSync(`${folder}/sparse`, 6 * 2 ** 30);
  return folder;
}
