// <sys/mman.h> of guest/c answers what Linux answers: one program, compiled for both, line by line, over spans and over
// copies.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HOSTS, runGuest, runHere } from './hosts.mjs';

/** The differences in WebAssembly, on all hosts, and why. */
const DIFFERENT: Record<string, { linux: string; guest: string; why: string }> = {
  PROT_EXEC: { linux: 'ok', guest: 'ENOTSUP', why: 'code is no data in WebAssembly' },
  MAP_FIXED: { linux: 'ok', guest: 'ENOTSUP', why: 'memory of the C library may lie there' },
  'mprotect, file, for writing too': {
    linux: 'ok',
    guest: 'ENOTSUP',
    why: 'a mapping keeps the access that it was made with',
  },
  'MADV_DONTNEED of a private mapping': {
    linux: 'abcd',
    guest: 'Pbcd',
    why: 'advice never changes what is stored, as in the contract (and POSIX); anonymous memory is zeroed as on Linux',
  },
};

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

for (const [name, hosts] of Object.entries({ posix: Object.keys(HOSTS), 'posix-copies': ['node', 'wasmtime'] })) {
  for (const host of hosts) {
    const test = suite(`${name}, ${host}`);
    test('answers as Linux does', () => {
      const { status, lines, error } = runGuest(host, name, folder, ['/']);
      assert.is(status, 0, error);
      const guest = answers(lines);
      for (const [question, answer] of linux) {
        const { linux: expectedOfLinux, guest: expected } = DIFFERENT[question] ?? { linux: answer, guest: answer };
        assert.is(answer, expectedOfLinux, `${question} (on Linux)`);
        assert.is(guest.get(question), expected, question);
      }
      assert.is(guest.size, linux.size);
    });
    test('past the end of the file there are zeros; a store there is lost, with an error where it is known', () => {
      const { status, lines, error } = runGuest(host, name, folder, ['/', 'past-end']);
      assert.is(status, 0, error);
      const spans = name === 'posix' && !host.endsWith('polyfill');
      const msync = spans ? 'msync: EIO' : 'msync: ok';
      assert.equal(lines, ['past the end: 0000', msync, 'the file: Ab', 'is as long as before: 100']);
    });
    for (const how of ['return', 'exit', '_exit']) {
      test(`what was stored before ${how} is in the file`, () => {
        const { status, error } = runGuest(host, name, folder, ['/', how]);
        assert.is(status, 0, error);
        assert.is(readFileSync(join(folder, 'file'), 'latin1').slice(0, how.length), how);
      });
    }
    test.run();
  }
}
