/** CPython's own test_mmap.py, of several versions, run in the guest. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/** Reasons to skip a method that fit the guest, a 32-bit UNIX that is not Linux. */
const NOT_APPLICABLE = [/windows/i, /32-bit/i, /linux only/i];

/** The module `test` of a version of CPython. */
export interface Tests {
  version: string;
  /** Undefined where they are not. */
  folder: string | undefined;
}

/** Those of the installed Python, and those that `setup.sh guests` brings. */
export function testsOfPython(): Tests[] {
  const program = 'import sys; print("%d.%d" % sys.version_info[:2]); import test.test_mmap as t; print(t.__file__)';
  const [version = '', file] = spawnSync(NATIVE, ['-c', program], { encoding: 'utf8' }).stdout.trim().split('\n');
  const brought = ['3.14', '3.15'].filter((each) => each !== version);
  return [
    { version, folder: file === undefined ? undefined : dirname(file) },
    ...brought.map((each) => ({ version: each, folder: `build/cpython/tests/${each}` })),
  ].map((tests) => ({ ...tests, folder: tests.folder && existsSync(tests.folder) ? tests.folder : undefined }));
}

/** The version of the guest, whose tests run on hosts of Windows, too. */
export const OF_GUEST = '3.14';

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

/** Methods of a version's tests that are known to fail on a host, and why. One that passes is an error. */
export function expectedFailures(version: string, host: string): Record<string, string> {
  const all = JSON.parse(readFileSync('tests/programs/python/expectations.json', 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  return { ...all[`test_mmap ${version}`], ...all[`test_mmap on ${host}`] };
}
