// The drop-in in guests, on every host: tests that hold natively, too.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HOSTS, missing, runGuest, runNative, type Ran } from './hosts.mjs';
import { brief, outcomesOf } from './outcomes.mjs';

async function inFolder(run: (folder: string) => Promise<Ran>): Promise<Ran> {
  const folder = mkdtempSync(resolve('build', 'dropin-'));
  try {
    cpSync('tests/python/guests', `${folder}/guests`, { recursive: true });
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function check(ran: Ran, least: number): void {
  const outcomes = [...outcomesOf(ran).values()];
  for (const outcome of outcomes.filter(({ outcome: how }) => how !== 'skipped'))
    assert.is(outcome.outcome, 'ok', `${outcome.test}: ${brief(outcome)}\n${outcome.reason}`);
  assert.ok(outcomes.filter(({ outcome }) => outcome === 'ok').length >= least, `${outcomes.length} methods`);
}

test('the tests hold for CPython', async () => {
  check(await inFolder((folder) => runNative(['guests/unittests.py', 'test_dropin'], folder, `${folder}/guests`)), 40);
});

/** Exports a buffer, for which the host puts the pages into the guest's memory if it can. */
const HAS_SPAN = `
import mmap
with open('/guests/test_dropin.py', 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as m:
    with memoryview(m) as view:
        print(mmap._wasi_mmap._has_span(m), bytes(view) == file.read())
`;

/** Whether the C library of the component was repaired, see guest/python/src/seek.h. */
const IS_REPAIRED = `
import mmap
with open('/guests/test_dropin.py', 'rb') as file:
    print(mmap._wasi_mmap._repair_files(file.fileno()))
`;

test("componentize-py's C library has the faults that src/seek.c repairs", async () => {
  const host = HOSTS.find((each) => missing(each) === undefined);
  if (host === undefined) return;
  const { stdout, stderr } = await inFolder((folder) => runGuest(host, ['-c', IS_REPAIRED], { '/': folder }));
  assert.is(stdout, 'True\n', `else seek.c is not needed any more, or does not know the library: ${stderr}`);
});

/** Two handles that append, times, and a file that grows while it is read. */
const FILES = `
import os, sys, time
p = sys.argv[1] + 'log'
a, b = open(p, 'ab', buffering=0), open(p, 'ab', buffering=0)
for one, word in ((a, b'1'), (b, b'2'), (a, b'3'), (b, b'4')): one.write(word)
print(open(p, 'rb').read())
open(p, 'wb').close()
a.write(b'new')
print(open(p, 'rb').read())
r = open(p, 'rb', buffering=0)
print(r.read(), r.read())
b.write(b'er')
print(r.seek(0), r.read(), r.read())
os.utime(p, (1000000000.5, 1234567890.25))
print(os.stat(p).st_atime, os.stat(p).st_mtime)
os.utime(p)
print(abs(os.stat(p).st_mtime - time.time()) < 5)
`;

for (const host of HOSTS) {
  const lacking = missing(host);
  if (lacking !== undefined) {
    test(`${host} is there`, () => {
      console.log(`${host} skips the drop-in: there is no ${lacking}`);
      assert.not.ok(process.env['CI'], 'CI has every host');
    });
    continue;
  }

  test(`the tests hold in a guest on ${host}`, async () => {
    check(
      await inFolder((folder) => runGuest(host, ['/guests/unittests.py', 'test_dropin'], { '/': folder }, '/guests')),
      60,
    );
  });

  test(`the map's memory is the file's pages on ${host}, if it is no polyfill`, async () => {
    const { stdout, stderr } = await inFolder((folder) => runGuest(host, ['-c', HAS_SPAN], { '/': folder }));
    const has = host.endsWith('-polyfill') ? 'False' : 'True';
    assert.is(stdout.trim(), `${has} True`, stderr);
  });

  test(`the log analyser on ${host}`, async () => {
    const script = 'guest/python/examples/log_analyser.py';
    const { status, stdout, stderr } = await inFolder((folder) => {
      cpSync(script, `${folder}/log_analyser.py`);
      cpSync('tests/python/server.log', `${folder}/server.log`);
      return runGuest(host, ['/log_analyser.py', '/server.log'], { '/': folder });
    });
    assert.is(stderr, '');
    assert.is(status, 0);
    const native = await runNative([resolve(script), resolve('tests/python/server.log')], '.');
    assert.is(stdout, native.stdout);
    assert.match(stdout, /^ERROR: 2$/m);
  });

  test(`the clock on ${host}`, async () => {
    const { stdout, stderr } = await runGuest(host, ['-c', 'import time, logging; print(time.time_ns())'], {});
    const apart = Math.abs(Number(BigInt(stdout.trim() || 0) / 1_000_000n) - Date.now());
    assert.ok(apart < 600_000, `${stdout}${stderr}`);
  });

  test(`files keep their positions and contents on ${host}`, async () => {
    const words = ['300'];
    const run = (start: (folder: string) => Promise<Ran>): Promise<Ran> => inFolder(start);
    const native = await run((folder) => runNative(['guests/positions.py', ...words], folder));
    const guest = await run((folder) => runGuest(host, ['/guests/positions.py', ...words], { '/': folder }));
    assert.is(guest.stderr, '');
    const lines = guest.stdout.split('\n');
    const wanted = native.stdout.split('\n');
    assert.is(wanted.length, 301, native.stderr);
    for (const [at, line] of wanted.entries()) assert.is(lines[at], line);
  });

  test(`files without a map on ${host}`, async () => {
    const guest = await inFolder((folder) => runGuest(host, ['-c', FILES, '/'], { '/': folder }));
    const native = await inFolder((folder) => runNative(['-c', FILES, './'], folder));
    assert.equal([guest.stdout, guest.stderr], [native.stdout, native.stderr]);
  });

  test(`exit codes and errors on ${host}`, async () => {
    const run = (code: string): Promise<Ran> => runGuest(host, ['-c', code], {});
    assert.is((await run('pass')).status, 0);
    for (const end of [
      'sys.exit(1)',
      'sys.exit(3)',
      'sys.exit(256)',
      'sys.exit(-1)',
      'sys.exit("why")',
      'os._exit(7)',
    ]) {
      const code = `import os, sys; ${end}`;
      const native = await runNative(['-c', code], '.');
      const { status, stderr } = await run(code);
      assert.equal([status, stderr], [native.status, native.stderr], end);
    }
    const raised = await run('def f():\n  import mmap\n  mmap.mmap(-1, 0)\nf()');
    assert.is(raised.status, 1);
    assert.match(
      raised.stderr,
      /^Traceback [^]*File "<string>", line 3, in f[^]*OSError: \[Errno 28\] Invalid argument$/m,
    );
  });
}

test.run();
