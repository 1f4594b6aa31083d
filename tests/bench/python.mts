/** What programs in Python pay in a guest: against bytes in the guest's own memory, and against CPython. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HOSTS, missing, runGuest, runNative, type Host, type Ran } from '../python/hosts.mjs';
import { sourceOf } from '../python/packages.mjs';
import { SEARCH_SIZE } from './input.mjs';
import { add, heading, speed } from './report.mjs';

type Times = Record<string, number>;

function timesOf({ status, stdout, stderr }: Ran, where: string): Times {
  if (status !== 0) throw new Error(`the benchmark in Python on ${where} ended with ${status}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Times;
}

function report(host: Host, guest: Times, native: Times): void {
  const ns = (name: string, operations = 'operations'): number =>
    ((guest[name] ?? NaN) * 1e9) / (guest[operations] ?? NaN);
  const rate = (seconds = NaN): number => speed(SEARCH_SIZE, seconds * 1e9);
  const name = (what: string): string => `${what} (${host})`;
  const hasSpans = !host.endsWith('-polyfill');
  const share = hasSpans ? 1 / 1.5 : undefined;
  heading(`Python in a guest, ${host}`);
  add(name('loop of m[i]'), 'map', 'bytearray in the guest', 'ns', ns('m[i], map'), ns('m[i], bytearray'), share);
  add(
    name('sum(memoryview(m))'),
    'map',
    'bytearray in the guest',
    'ns',
    ns('sum(memoryview), map'),
    ns('sum(memoryview), bytearray'),
    share,
  );
  add(
    name('loop of m[i], no span'),
    'read ahead',
    'a call of the host each',
    'ns',
    ns('m[i], read ahead', 'few'),
    ns('m[i], a call each', 'few'),
    hasSpans ? undefined : 10,
  );
  add(
    name('iterating 10 MB of .mmdb'),
    'MODE_MMAP',
    'MODE_MEMORY in the guest',
    's',
    guest['maxminddb, mmap'] ?? NaN,
    guest['maxminddb, memory'] ?? NaN,
    1 / 3,
  );
  add(name('find, 256 MiB'), 'find', 'CPython find', 'GB/s', rate(guest['find']), rate(native['find']), 1 / 1.5);
  add(name('rfind, 256 MiB'), 'rfind', 'CPython rfind', 'GB/s', rate(guest['rfind']), rate(native['rfind']), 1 / 1.5);
  add(
    name('readline, 4 MiB'),
    'readline',
    'CPython readline',
    's',
    guest['readline'] ?? NaN,
    native['readline'] ?? NaN,
  );
}

/** @param path text of at least SEARCH_SIZE */
export async function pythonGuestFigures(path: string, needle: string): Promise<void> {
  const hosts = HOSTS.filter((host) => missing(host) === undefined);
  const folder = mkdtempSync(resolve('build', 'bench-python-'));
  try {
    cpSync('tests/bench/guests/bench.py', join(folder, 'bench.py'));
    for (const part of ['maxminddb', 'maxminddb.egg-info'])
      cpSync(join(sourceOf('maxminddb'), part), join(folder, part), { recursive: true });
    const native = timesOf(await runNative(['bench.py', path, String(SEARCH_SIZE), needle], folder), 'CPython');
    for (const host of hosts) {
      const directories = { '/': folder, '/text': dirname(path) };
      const text = `/text/${path.slice(dirname(path).length + 1)}`;
      const ran = await runGuest(host, ['/bench.py', text, String(SEARCH_SIZE), needle, '/'], directories);
      report(host, timesOf(ran, host), native);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1]?.endsWith('python.mjs')) {
  const { makeFile, NEEDLES } = await import('./input.mjs');
  const folder = mkdtempSync(resolve('build', 'bench-'));
  makeFile(`${folder}/text`);
  await pythonGuestFigures(`${folder}/text`, NEEDLES.find(({ present }) => !present)?.forward as string);
  rmSync(folder, { recursive: true, force: true });
}
