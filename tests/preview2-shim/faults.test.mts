// The faults of preview2-shim that ts/preview2-shim mends. A failed test here means that a release has mended one: then its
// file in ts/preview2-shim can go, or is for older versions only. tests/browser/descriptors.test.mts has the faults of the
// file system for browsers.
import { spawnSync } from 'node:child_process';
import { openSync, readdirSync, readFileSync, readlinkSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { thrown } from '../tools/thrown.mjs';
import { data, folder, load, openRoot, PACKAGE } from './unmended.mjs';

interface Descriptor {
  openAt(at: object, path: string, open: object, flags: object): Descriptor;
  read(length: bigint, offset: bigint): [Uint8Array, boolean];
  advise(offset: bigint, length: bigint, advice: string): void;
}
type Lowered = (guest: object) => (address: number) => void;

writeFileSync(join(data, 'file'), 'content');
const root = await openRoot<Descriptor>();

test('a C library cannot open a file for writing', () => {
  const flags = { read: true, write: true };
  assert.is(
    thrown(() => root.openAt({}, 'file', {}, flags)),
    undefined,
  );
  assert.is(
    thrown(() => root.openAt({}, 'file', {}, { ...flags, mutateDirectory: true })),
    'unsupported',
  );
});

test('advice traps without a native package', () => {
  const file = root.openAt({}, 'file', {}, { read: true });
  assert.instance(
    thrown(() => file.advise(0n, 1n, 'random')),
    Error,
  );
});

test('a descriptor does not tell its file', () => {
  writeFileSync(join(data, 'alone'), '');
  const file = root.openAt({}, 'alone', {}, { read: true });
  const link = (fd: string): string => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // The folder's own.
    }
  };
  const fds = readdirSync('/proc/self/fd').filter((fd) => link(fd) === join(data, 'alone'));
  assert.is(fds.length, 1);
  const told = Reflect.ownKeys(file).filter((key) => Reflect.get(file, key) === Number(fds[0]));
  assert.equal(told, []);
});

test('a read through the worker is slow', () => {
  const file = root.openAt({}, 'file', {}, { read: true });
  const fd = openSync(join(data, 'file'), 'r');
  const bytes = new Uint8Array(4);
  const best = (call: () => unknown): number => {
    const times = Array.from({ length: 200 }, () => {
      const start = process.hrtime.bigint();
      call();
      return Number(process.hrtime.bigint() - start);
    });
    return Math.min(...times);
  };
  const ours = best(() => readSync(fd, bytes, 0, 4, 0));
  const theirs = best(() => file.read(4n, 0n));
  assert.ok(theirs > 2 * ours, `${theirs} ns, against ${ours} ns`);
});

test('every stream is a terminal', async () => {
  const { terminalStdin } = (await load('nodejs/cli.js')) as { terminalStdin: { getTerminalStdin(): unknown } };
  // Whatever standard input is: the shim does not look at it.
  const tty = Object.getOwnPropertyDescriptor(process.stdin, 'isTTY');
  Object.defineProperty(process.stdin, 'isTTY', { value: undefined, configurable: true });
  assert.ok(terminalStdin.getTerminalStdin());
  if (tty) Object.defineProperty(process.stdin, 'isTTY', tty);
});

test('the wall clock stores the time at a wrong address', async () => {
  const { wallClock } = (await load('nodejs/clocks.js')) as { wallClock: Record<'now', Record<symbol, Lowered>> };
  const memory = { buffer: new ArrayBuffer(4096) };
  wallClock.now[Symbol.for('cabiLower')]?.({ memory })(256);
  const view = new DataView(memory.buffer);
  assert.is(view.getBigUint64(256, true), 0n, 'the seconds');
});

test('the wall clock asks for the time twice', async () => {
  const { wallClock } = (await load('nodejs/clocks.js')) as {
    wallClock: { now(): { seconds: bigint; nanoseconds: number } };
  };
  const { now } = Date;
  let calls = 0;
  Date.now = () => [1999, 2000][calls++] ?? 0;
  const time = wallClock.now();
  Date.now = now;
  assert.equal(time, { seconds: 1n, nanoseconds: 0 }); // Neither of the two.
});

test('a long wait warns', () => {
  const script = `
    import { clocks, io } from ${JSON.stringify(pathToFileURL(join(folder, 'shim/dist/nodejs/index.js')).href)};
    const long = clocks.monotonicClock.subscribeDuration(2n ** 62n);
    const short = clocks.monotonicClock.subscribeDuration(300_000_000n);
    io.poll.poll([long, short]);
    setTimeout(() => process.exit(), 100);`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.match(stderr, /TimeoutOverflowWarning/);
});

test('an error of a read is not one of the interface', () => {
  const file = root.openAt({}, 'file', {}, { write: true });
  const error = thrown(() => file.read(1n, 0n));
  assert.is((error as { code?: string }).code, 'EBADF');
});

test('stores into OPFS overlap', () => {
  // Without a browser there is no OPFS, so this looks at the code: a store takes the state, and awaits no other store.
  const text = readFileSync(join(PACKAGE, 'dist/browser/opfs-filesystem.js'), 'utf8');
  const body = /async flush\(\) \{(.*?)\n {4}\}/s.exec(text)?.[1] ?? '';
  assert.ok(body.includes('await'), body);
  assert.not.match(body, /#(?:flushing|pending|last|queue|inFlight)/i);
});

test.run();
