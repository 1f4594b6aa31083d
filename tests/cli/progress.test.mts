// What the commands and the test runner show of long work: a line that goes on, where there is a terminal.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bar } from '../tools/progress.mjs';
import { inTerminal } from '../tools/terminal.mjs';
import { COMMANDS, folder, start } from './command.mjs';

/** A component whose translation takes long enough to be said. */
const LARGE = 'build/programs/sqlite.wasm';

const test = suite('progress');

for (const [host, command] of Object.entries(COMMANDS)) {
  const cache = (name: string): Record<string, string> => ({ XDG_CACHE_HOME: join(folder, `${host}-${name}`) });

  test(`${host}: one line where there is no terminal`, () => {
    const { error } = start(command, ['run', LARGE], { environment: cache('pipe') });
    assert.match(error, /^wasi-mmap: translating sqlite\.wasm \(\d+\.\d MiB\), once\n/);
    assert.not.ok(error.includes('\u001b'));
  });

  test(`${host}: the seconds go on in a terminal, but not in a dumb one`, () => {
    if (process.platform === 'win32') return; // Python has no such terminals there.
    const shown = (term: string): string => {
      const [program, words] = inTerminal([...command, 'run', LARGE]);
      const environment = { PATH: process.env['PATH'], ...cache(term), TERM: term };
      const { stdout, error } = spawnSync(program, words, { env: environment, maxBuffer: 1 << 26 });
      assert.not.ok(error, String(error));
      return stdout.toString();
    };
    const line = 'wasi-mmap: translating sqlite\\.wasm \\(\\d+\\.\\d MiB\\), once';
    const text = shown('xterm');
    const seconds = [...text.matchAll(new RegExp(`\\r\\u001b\\[K${line}: (\\d+\\.\\d) s`, 'g'))].map(([, found]) =>
      Number(found),
    );
    assert.ok(seconds.length >= 2, text.slice(0, 500));
    assert.equal(
      seconds,
      [...seconds].sort((a, b) => a - b),
    );
    assert.match(text, /once: \d+\.\d s\r\n/, 'it ends with its line');
    assert.match(shown('dumb'), new RegExp(`^${line}\\r\\n`));
  });
}

test('the bar of the test runner fits into the terminal', () => {
  assert.is(bar(0, 4, ['a', 'b'], 0, 80), '[--------------------] 0 of 4, 0:00: a, b');
  assert.is(bar(3, 4, ['d'], 75.9, 80), '[###############-----] 3 of 4, 1:15: d');
  assert.is(bar(4, 4, [], 3600, 80), '[####################] 4 of 4, 60:00: ');
  assert.is(bar(1, 3, ['a long name of a test'.repeat(10)], 1, 40).length, 39);
  assert.is(bar(0, 0, [], 0, 80).length > 0, true);
});

test.run();
