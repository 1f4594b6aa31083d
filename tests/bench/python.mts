/** What programs in Python pay in a guest: against bytes in the guest's own memory, and against CPython. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { HOSTS, missing, runGuest, runNative, type Host, type Ran } from '../python/hosts.mjs';
import { sourceOf } from '../programs/python/packages.mjs';
import type { Rounds } from './figures.mjs';
import { makeFile, NEEDLES, SEARCH_SIZE } from './input.mjs';
import { add, heading, rounds, speed } from './report.mjs';

/** The classes of what is looked for in vain. */
const SEARCHED = NEEDLES.filter(({ present, name }) => !present && !name.includes('first rare'));
/** Their names: CPython asks `memchr` about one byte, and leaves out most of the text for a long needle. */
const AT_MEMORY_SPEED = /^(1|200) byte/;

type Times = Record<string, number>;

function timesOf({ status, stdout, stderr }: Ran, where: string): Times {
  if (status !== 0) throw new Error(`the benchmark in Python on ${where} ended with ${status}: ${stderr.slice(-2000)}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Times;
}

/** @param guest of each round, and `native` as well */
function report(host: Host, guest: Times[], native: Times[]): void {
  const ns = (name: string, operations = 'operations'): Rounds =>
    guest.map((times) => ((times[name] ?? NaN) * 1e9) / (times[operations] ?? NaN));
  const seconds = (name: string, taken = guest): Rounds => taken.map((times) => times[name] ?? NaN);
  const rate = (name: string, taken = guest): Rounds =>
    speed(
      SEARCH_SIZE,
      seconds(name, taken).map((time) => time * 1e9),
    );
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
    seconds('maxminddb, mmap'),
    seconds('maxminddb, memory'),
    1 / 3,
  );
  for (const needle of SEARCHED)
    for (const verb of ['find', 'rfind']) {
      const what = `${verb}, ${needle.name}`;
      // Where CPython sees no more of a page than its address, there is no copying it in that time.
      const target = hasSpans || !AT_MEMORY_SPEED.test(needle.name) ? 1 / 1.5 : undefined;
      add(name(`${what}, 256 MiB`), verb, `CPython ${verb}`, 'GB/s', rate(what), rate(what, native), target);
    }
  add(name('readline, 4 MiB'), 'readline', 'CPython readline', 's', seconds('readline'), seconds('readline', native));
}

/** @param path text of at least SEARCH_SIZE */
export async function pythonGuestFigures(path: string): Promise<void> {
  const needles = JSON.stringify(
    Object.fromEntries(SEARCHED.map(({ name, forward, backward }) => [name, [forward, backward]])),
  );
  const hosts = HOSTS.filter((host) => missing(host) === undefined);
  const folder = mkdtempSync(resolve('build', 'bench-python-'));
  try {
    cpSync('tests/bench/guests/bench.py', join(folder, 'bench.py'));
    for (const part of ['maxminddb', 'maxminddb.egg-info'])
      cpSync(join(sourceOf('maxminddb'), part), join(folder, part), { recursive: true });
    const native: Times[] = [];
    const taken = new Map<Host, Times[]>(hosts.map((host) => [host, []]));
    for (let round = 0; round < rounds(3); round += 1) {
      native.push(timesOf(await runNative(['bench.py', path, String(SEARCH_SIZE), needles], folder), 'CPython'));
      for (const [host, times] of taken) {
        const directories = { '/': folder, '/text': dirname(path) };
        const text = `/text/${path.slice(dirname(path).length + 1)}`;
        const ran = await runGuest(host, ['/bench.py', text, String(SEARCH_SIZE), needles, '/'], directories);
        times.push(timesOf(ran, host));
      }
    }
    for (const [host, times] of taken) report(host, times, native);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1]?.endsWith('python.mjs')) {
  const folder = mkdtempSync(resolve('build', 'bench-'));
  makeFile(`${folder}/text`);
  await pythonGuestFigures(`${folder}/text`);
  rmSync(folder, { recursive: true, force: true });
}
