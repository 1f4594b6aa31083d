/** The set-up on a machine that lacks something, as a user who may not install packages meets it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** The first program of this name in the PATH. */
const find = (name: string): string =>
  spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).stdout.trim();

test('without a browser it says so, though a function of its own is called like one', () => {
  const programs = mkdtempSync(resolve('build', 'setup-'));
  try {
    for (const name of ['sh', 'dirname', 'mkdir', 'id', 'awk', 'node', 'npm', 'python3', 'cmake', 'c++']) {
      if (find(name)) symlinkSync(find(name), join(programs, name));
    }
    const { status, stdout, stderr } = spawnSync('tests/tools/setup.sh', ['browser'], {
      encoding: 'utf8',
      // The environment of Python has cmake where the machine has none.
      env: { PATH: [programs, resolve('build/venv/bin')].join(delimiter), HOME: programs },
    });
    assert.is(status, 0, stderr);
    assert.match(stdout, 'setup: Chromium is missing, its tests will be skipped');
  } finally {
    rmSync(programs, { recursive: true, force: true });
  }
});

test.run();
