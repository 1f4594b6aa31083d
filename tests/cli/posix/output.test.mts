// Output that cannot be written: a reader that stops, a full disk, a pipe that another process made non-blocking.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, folder } from '../command.mjs';

const VERBS = 'build/guests/c/verbs.wasm';
const HOSTILE = 'build/guests/c/hostile.wasm';
const FULL = '/dev/full';
/** Programs that write for ever would run for ever. */
const TIMEOUT = 60_000;

/** The exit code that the shell saw, and what was printed. `CALL` stands for the command. */
function shell(command: readonly string[], script: string): { code: number; out: string; error: string } {
  const call = command.map((word) => `'${word}'`).join(' ');
  const { stdout, stderr, signal } = spawnSync('sh', ['-c', script.replaceAll('CALL', call)], {
    encoding: 'utf8',
    timeout: TIMEOUT,
    killSignal: 'SIGKILL',
  });
  assert.is(signal, null, script);
  const [, error = '', code = ''] = /^([^]*)code (\d+)\n$/.exec(stderr) ?? [];
  return { code: Number(code), out: stdout, error };
}

const A_SECOND = "python3 -c 'import os, subprocess, sys, time";
/** Starts a command with a pipe that is non-blocking and full for a while, and prints how many bytes came. */
const NON_BLOCKING = `${A_SECOND}
r, w = os.pipe()
os.set_blocking(w, False)
child = subprocess.Popen(sys.argv[1:], stdin=open("/dev/zero", "rb"), stdout=w)
os.close(w)
time.sleep(0.5)
count = 0
while count < 1000000: count += len(os.read(r, 65536))
child.kill()
print(child.wait() == -9)'`;

for (const [host, command] of Object.entries(COMMANDS)) {
  const test = suite(`output of the command for ${host}`);
  const run = (script: string) => shell(command, script);

  test('a reader that stops', () => {
    const { code, out, error } = run(`{ CALL run ${VERBS} yes; echo code $? >&2; } | head -n 1`);
    assert.is(out, 'y\n');
    assert.match(error, /^write: (Broken pipe|I\/O error)\n$/);
    assert.is(code, 1);
  });

  if (existsSync(FULL)) {
    test('a full disk', () => {
      const { code, error } = run(`CALL run ${VERBS} yes >${FULL}; echo code $? >&2`);
      assert.is(error, 'write: No space left on device\n');
      assert.is(code, 1);
      assert.is(run(`{ CALL run ${VERBS} complain 2>${FULL}; echo code $? >&2; }`).code, 0);
    });

    test('messages of the command itself', () => {
      for (const words of ['--help', '--version']) {
        const { code, error } = run(`CALL ${words} >${FULL}; echo code $? >&2`);
        assert.is(code, 2);
        assert.match(error, /^wasi-mmap: cannot write -: [^\n]+\n$/);
      }
      assert.is(run(`CALL frobnicate 2>${FULL}; echo code $? >&2`).code, 2);
      writeFileSync(join(folder, 'file'), 'content');
      const trap = `run --dir ${folder}::/ ${HOSTILE} trap-while-mapped`;
      assert.is(run(`CALL ${trap} 2>${FULL}; echo code $? >&2`).code, 134);
      assert.is(run(`{ { CALL ${trap} 2>&1; echo code $? >&3; } | true; } 3>&2`).code, 134);
    });
  } else {
    console.log(`skips full disks: there is no ${FULL}`);
  }

  if (host === 'node') {
    test('a pipe that is full and non-blocking', () => {
      assert.is(run(`${NON_BLOCKING} CALL run ${VERBS} copy`).out, 'True\n');
    });
  }

  test.run();
}
