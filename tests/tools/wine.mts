/** The command for Windows, for tests of hosts: under Wine, or on this machine where that has Windows. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { lacksWine10, platforms } from './platforms.mjs';
import { thorough } from './thorough.mjs';
import { WASMTIME, wasmtimeOf } from './wasmtime.mjs';

const isWindows = process.platform === 'win32';
export const COMMAND = isWindows ? WASMTIME : wasmtimeOf('win32', 'x64');

/** With spans, as Windows has them, or without: the Wine that has placeholders for memory, or the one that has none. */
export type Wine = 'spans' | 'no spans';

/** The hosts that it is: with copies, over the polyfill, and with spans. */
export const WINDOWS_HOSTS: Readonly<Record<string, { wine: Wine; options: string[] }>> = {
  'wasmtime/win32-x64': { wine: 'no spans', options: [] },
  'wasmtime-polyfill/win32-x64': { wine: 'no spans', options: ['--no-native'] },
  'wasmtime/win32-x64, spans': { wine: 'spans', options: [] },
};

/** What this machine lacks to run the command there. */
export function lacks(wine: Wine): string | undefined {
  if (isWindows) return existsSync(COMMAND) ? undefined : `no ${COMMAND} (make windows)`;
  const windows = platforms.find(({ os }) => os === 'win32');
  if (!windows) return 'no Windows to run it on';
  if (!existsSync(COMMAND)) return `no ${COMMAND} (make windows)`;
  return windows.missing ?? (wine === 'spans' ? lacksWine10 : undefined);
}

/** Whether its tests are left to `make thorough`, for which the command is built: that and Wine take long. */
export const isLeft = !isWindows && !thorough;

/** A suite that needs it. Without it the suite is skipped, which fails in CI. */
export function windowsSuite(name: string, wine: Wine, add: (test: Test) => void): void {
  if (isLeft) return console.log(`skips ${name}: make thorough has it`);
  if (isWindows && wine === 'no spans') return console.log(`skips ${name}: this Windows has placeholders`);
  const test = suite(name);
  const missing = lacks(wine);
  if (missing === undefined) {
    add(test);
  } else {
    console.log(`skips ${name}: this machine has ${missing}`);
    test('is skipped', () => assert.not.ok(process.env['CI'], missing));
  }
  test.run();
}

export interface Ended {
  /** An exit code, or why there is none. */
  code: number | string;
  out: string;
  error: string;
}

/** Runs the command with each of these arguments, by one process, because Wine is slow to start. */
export function runAll(wine: Wine, jobs: ReadonlyArray<readonly string[]>): Ended[] {
  const folder = mkdtempSync(join('build', 'wine-jobs-'));
  try {
    writeFileSync(`${folder}/jobs.json`, JSON.stringify(jobs.map((words) => [COMMAND, ...words])));
    const program = isWindows ? process.execPath : 'tests/tools/wine.sh';
    const { stdout, stderr } = spawnSync(program, ['build/tests/tools/batch.mjs', folder], {
      encoding: 'utf8',
      env: { ...process.env, WINE_VERSION: wine === 'spans' ? '10' : '', WINE_TIMEOUT: '1800' }, // For all of them.
    });
    if (stdout.trim() !== '') console.log(stdout.trim());
    const read = (name: string): string =>
      existsSync(`${folder}/${name}`) ? readFileSync(`${folder}/${name}`, 'utf8') : '';
    const ends = JSON.parse(read('ends.json') || '[]') as Array<number | string>;
    return jobs.map((_, index) => ({
      code: ends[index] ?? `did not run to its end: ${stdout}${stderr}`,
      out: read(`${index}.out`),
      error: read(`${index}.error`),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** As on other hosts: an exit code, or that the guest trapped. */
export const endOf = ({ code, error }: Ended): number | string =>
  code === 134 && /^wasi-mmap: [\w.]+ trapped: /m.test(error) ? 'trap' : code;
