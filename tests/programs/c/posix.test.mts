// <sys/mman.h> of guest/c answers what Linux answers: one program, compiled for both, line by line, over spans and over
// copies.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { windowsSuite, WINDOWS_HOSTS } from '../../tools/wine.mjs';
import { HOSTS, p3Hosts, runGuest, runHere, runOnWindows, type Ended } from './hosts.mjs';

/** The differences in WebAssembly, on all hosts, and why. */
const DIFFERENT: Record<string, { linux: string; guest: string; why: string }> = {
  PROT_EXEC: { linux: 'ok', guest: 'ENOTSUP', why: 'code is no data in WebAssembly' },
};

const ENDINGS = ['return', 'exit', '_exit'];

const folder = mkdtempSync(resolve('build', 'posix-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Questions and answers. */
function answers(lines: string[]): Map<string, string> {
  const pairs = lines.map((line): [string, string] => {
    const at = line.indexOf(': ');
    return [line.slice(0, at), line.slice(at + 2)];
  });
  const map = new Map(pairs);
  assert.is(map.size, lines.length, 'every question is asked once');
  return map;
}

const here = runHere('posix', folder, [folder]);
assert.is(here.status, 0, here.error);
const linux = answers(here.lines);

function compare(
  guest: Map<string, string>,
  asked: Map<string, string>,
  different: typeof DIFFERENT = DIFFERENT,
): void {
  for (const [question, answer] of asked) {
    const { linux: expectedOfLinux, guest: expected } = different[question] ?? { linux: answer, guest: answer };
    assert.is(answer, expectedOfLinux, `${question} (on Linux)`);
    assert.is(guest.get(question), expected, question);
  }
  assert.is(guest.size, asked.size);
}

const COMPONENTS = {
  posix: Object.keys(HOSTS),
  'posix-copies': ['node', 'wasmtime'],
  'posix-0.3': p3Hosts('posix'),
};

for (const [name, hosts] of Object.entries(COMPONENTS)) {
  for (const host of hosts) {
    const test = suite(`${name}, ${host}`);
    test('answers as Linux does', () => {
      const { status, lines, error } = runGuest(host, name, folder, ['/']);
      assert.is(status, 0, error);
      compare(answers(lines), linux);
    });
    test('past the end of the file there are zeros; a store there is lost, with an error where it is known', () => {
      const { status, lines, error } = runGuest(host, name, folder, ['/', 'past-end']);
      assert.is(status, 0, error);
      const spans = name !== 'posix-copies' && !host.endsWith('polyfill');
      const msync = spans ? 'msync: EIO' : 'msync: ok';
      assert.equal(lines, ['past the end: 0000', msync, 'the file: Ab', 'is as long as before: 100']);
    });
    for (const how of ENDINGS) {
      test(`what was stored before ${how} is in the file`, () => {
        const { status, error } = runGuest(host, name, folder, ['/', how]);
        assert.is(status, 0, error);
        assert.is(readFileSync(join(folder, 'file'), 'latin1').slice(0, how.length), how);
      });
    }
    test.run();
  }
}

/** The parts of posix.c, and the error by which those end that need what Windows refuses, in which hosts and why. */
const PARTS: Record<string, { error?: string; why?: string; polyfill?: boolean }> = {
  refusals: {},
  contents: {},
  coherence: { error: 'mmap: No such device', why: 'no map reaches past the end of its file', polyfill: true },
  descriptors: { error: 'rename(path, other): Permission denied', why: 'wasmtime renames no file while it is open' },
  ranges: {},
  many: {},
};

const ON_WINDOWS: typeof DIFFERENT = {
  ...DIFFERENT,
  'offset past the end': { linux: 'ok', guest: 'ENODEV', why: 'no map reaches past the end of its file' },
};

for (const [host, { wine, options }] of Object.entries(WINDOWS_HOSTS)) {
  windowsSuite(`posix, ${host}`, wine, (test) => {
    const isPolyfill = options.includes('--no-native');
    const all = new Map<string, Ended>();
    const own = join(folder, host.replaceAll(/\W/g, '-'));
    const folderOf = (word: string): string => join(own, word);
    test.before(() => {
      const words = [...Object.keys(PARTS), ...ENDINGS];
      for (const word of words) mkdirSync(folderOf(word), { recursive: true });
      const jobs = words.map((word) => ({ name: 'posix', folder: folderOf(word), words: ['/', word] }));
      for (const [at, ended] of runOnWindows(host, jobs).entries()) all.set(words[at] ?? '', ended);
    });
    for (const [part, { error: refused, why, polyfill }] of Object.entries(PARTS)) {
      const passes = refused === undefined || (isPolyfill && polyfill === true);
      test(`answers as Linux does: ${part}${passes ? '' : `, refused: ${why}`}`, () => {
        const { status, lines, error } = all.get(part) as Ended;
        if (!passes) {
          assert.is(lines.at(-1), `cannot go on: ${refused}`, error);
          assert.is(status, 1);
          return;
        }
        assert.is(status, 0, error);
        const asked = answers(runHere('posix', folder, [folder, part]).lines);
        compare(answers(lines), asked, isPolyfill ? DIFFERENT : ON_WINDOWS);
      });
    }
    for (const how of ENDINGS) {
      test(`what was stored before ${how} is in the file`, () => {
        const { status, error } = all.get(how) as Ended;
        assert.is(status, 0, error);
        assert.is(readFileSync(join(folderOf(how), 'file'), 'latin1').slice(0, how.length), how);
      });
    }
  });
}
