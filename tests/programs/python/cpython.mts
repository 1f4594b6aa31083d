/** CPython's own test_mmap.py, that of an installed Python, run in the guest. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { COMPONENT, NATIVE, runGuest, type Host } from '../../python/hosts.mjs';
import { brief, outcomesOf, type Outcome } from '../../python/outcomes.mjs';
import { runAll, WINDOWS_HOSTS } from '../../tools/wine.mjs';

/** The outcome of a method. */
export type Verdict = 'ok' | 'skipped by itself' | 'not applicable' | 'failed';

export interface Row {
  method: string;
  verdict: Verdict;
  reason: string;
}

/** Reasons to skip a method that fit the guest, a 32-bit UNIX. */
const NOT_APPLICABLE = [/windows/i, /32-bit/i];

/** The folder of the installed Python's module `test`; undefined if it has none. */
export function testsOfPython(): string | undefined {
  const { status, stdout } = spawnSync(NATIVE, ['-c', 'import test.test_mmap as t; print(t.__file__)'], {
    encoding: 'utf8',
  });
  return status === 0 ? dirname(stdout.trim()) : undefined;
}

export function versionOfPython(): string {
  return spawnSync(NATIVE, ['-c', 'import sys; print(sys.version.split()[0])'], { encoding: 'utf8' }).stdout.trim();
}

function toRow({ test, outcome, reason }: Outcome): Row {
  const method = test.replace(/^test\.test_mmap\./, '');
  if (outcome === 'ok') return { method, verdict: 'ok', reason: '' };
  if (outcome !== 'skipped') return { method, verdict: 'failed', reason: brief({ test, outcome, reason }) };
  const applies = !NOT_APPLICABLE.some((pattern) => pattern.test(reason));
  return { method, verdict: applies ? 'skipped by itself' : 'not applicable', reason };
}

/** A folder with the module, unmodified, and the package that it needs. */
function folderOf(tests: string): string {
  const folder = mkdtempSync(resolve('build', 'test-mmap-'));
  mkdirSync(join(folder, 'test'));
  for (const name of ['__init__.py', 'test_mmap.py', 'support'])
    cpSync(join(tests, name), join(folder, 'test', name), { recursive: true });
  cpSync('tests/python/guests/unittests.py', join(folder, 'unittests.py'));
  return folder;
}

const WORDS = ['/unittests.py', 'test.test_mmap'];

/** Runs all methods on a host. */
export async function runTestMmap(host: Host, tests: string): Promise<Row[]> {
  const folder = folderOf(tests);
  try {
    return [...outcomesOf(await runGuest(host, WORDS, { '/': folder })).values()].map(toRow);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs all methods on a host of Windows. */
export function runTestMmapOnWindows(host: string, tests: string): Row[] {
  const { wine, options } = WINDOWS_HOSTS[host] as (typeof WINDOWS_HOSTS)[string];
  const folder = folderOf(tests);
  try {
    const words = ['run', ...options, '--dir', `${relative('.', folder)}::/`, COMPONENT, ...WORDS];
    const [{ code, out, error } = { code: 'no run', out: '', error: '' }] = runAll(wine, [words]);
    const ran = { status: typeof code === 'number' ? code : null, stdout: out, stderr: `${code} ${error}` };
    return [...outcomesOf(ran).values()].map(toRow);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Methods that are known to fail on a host, and why. One that passes is an error. */
export function expectedFailures(host: string): Record<string, string> {
  const all = JSON.parse(readFileSync('tests/programs/python/expectations.json', 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  return { ...all['test_mmap'], ...all[`test_mmap on ${host}`] };
}
