// Calls with right and wrong arguments in the guest, against the same version of CPython.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HOSTS, missing, runGuest, runProgram, type Ran } from './hosts.mjs';

/** CPython 3.14, which `setup.sh guests` brings. */
const PYTHON = resolve('build/cpython/python');
const PROGRAM = 'arguments.py';

async function inFolder(run: (folder: string) => Promise<Ran>): Promise<string[]> {
  const folder = mkdtempSync(resolve('build', 'arguments-'));
  try {
    cpSync(`tests/python/guests/${PROGRAM}`, `${folder}/${PROGRAM}`);
    const { status, stdout, stderr } = await run(folder);
    assert.is(status, 0, stderr);
    return stdout.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const native = existsSync(PYTHON) ? await inFolder((folder) => runProgram([PYTHON, PROGRAM], folder)) : undefined;

test('CPython 3.14 is there', () => {
  if (native !== undefined) return;
  console.log('skips the arguments of Python: CPython 3.14 is not here (.build/setup.sh guests)');
  assert.not.ok(process.env['CI'], 'CI needs it');
});

for (const host of native === undefined ? [] : HOSTS) {
  test(`arguments on ${host}`, async () => {
    const lacking = missing(host);
    if (lacking !== undefined) {
      console.log(`${host} skips the arguments of Python: there is no ${lacking}`);
      assert.not.ok(process.env['CI'], 'CI has every host');
      return;
    }
    const lines = await inFolder((folder) => runGuest(host, [`/${PROGRAM}`], { '/': folder }));
    const differences = (native as string[]).flatMap((line, at) => {
      const [wanted, got] = [line.split('\t'), (lines[at] ?? '').split('\t')];
      return wanted.flatMap((call, number) =>
        call === got[number] ? [] : [`${wanted[0]}: ${call}, not ${got[number]}`],
      );
    });
    assert.equal(differences.slice(0, 20), [], `${differences.length} differences`);
    assert.match(lines.at(-1) as string, /^5\d{4} calls$/);
  });
}

test.run();
