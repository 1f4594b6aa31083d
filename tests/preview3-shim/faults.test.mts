// The faults of preview3-shim, for which ts/filesystem/descriptor-p3.mts and ts/preview3-shim stand in. A failed test here means
// that a release has mended one.
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as filesystem from '@bytecodealliance/preview3-shim/filesystem';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** What a test calls of a descriptor. */
interface Descriptor {
  openAt(at: object, path: string, open: object, flags: object): Promise<Descriptor>;
  symlinkAt(target: string, path: string): Promise<void>;
  unlinkFileAt(path: string): Promise<void>;
  setTimes(access: object, modification: object): Promise<void>;
  getType(): Promise<{ tag: string }>;
}

const folder = mkdtempSync(join(tmpdir(), 'preview3-shim-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const [granted, beside] = [join(folder, 'granted'), join(folder, 'beside')];
for (const path of [granted, beside]) mkdirSync(path);
writeFileSync(join(beside, 'secret'), 'secret');

const shim = filesystem as unknown as {
  _setPreopens(preopens: Record<string, string>): void;
  preopens: { getDirectories(): Array<[Descriptor, string]> };
};
shim._setPreopens({ '/': granted }); // oxlint-disable-line no-underscore-dangle -- the shim's name
const [[root]] = shim.preopens.getDirectories() as [[Descriptor, string]];

test('a link to a link leads out of a directory', async () => {
  await root.symlinkAt('../beside', 'second');
  await root.symlinkAt('second', 'first');
  const refused = await root
    .openAt({ symlinkFollow: true }, 'second/secret', {}, { read: true })
    .catch(() => undefined);
  assert.is(refused, undefined);
  assert.ok(await root.openAt({ symlinkFollow: true }, 'first/secret', {}, { read: true }));
  await root.unlinkFileAt('first/secret');
  assert.equal(readdirSync(beside), []);
});

test('a directory without the right to change it is changed', async () => {
  mkdirSync(join(granted, 'plain'));
  writeFileSync(join(granted, 'plain/file'), '');
  const directory = await root.openAt({}, 'plain', { directory: true }, { read: true });
  await directory.unlinkFileAt('file');
  assert.equal(readdirSync(join(granted, 'plain')), []);
});

test('a file is opened for more than its rights', async () => {
  await root.openAt({}, 'created', { create: true }, { read: true });
  const link = (fd: string): string => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // The folder's own.
    }
  };
  if (process.platform !== 'linux') return;
  const fd = readdirSync('/proc/self/fd').find((name) => link(name) === join(granted, 'created'));
  assert.match(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), /flags:\s+0\d*2\n/); // O_RDWR
});

test('a descriptor does not tell its file', async () => {
  writeFileSync(join(granted, 'alone'), '');
  const file = await root.openAt({}, 'alone', {}, { read: true });
  const told = Reflect.ownKeys(file).filter((key) => typeof Reflect.get(file, key) === 'number');
  assert.equal(told, []);
  assert.equal(await file.getType(), { tag: 'regular-file' });
});

test('times have whole seconds', async () => {
  writeFileSync(join(granted, 'timed'), '');
  const file = await root.openAt({}, 'timed', {}, { read: true, write: true });
  await file.setTimes({ tag: 'now' }, { tag: 'now' });
  assert.is(statSync(join(granted, 'timed')).mtimeMs % 1000, 0);
});

test('a long wait warns, all the time', () => {
  const script = `import('@bytecodealliance/preview3-shim/clocks').then((clocks) => {
    clocks.monotonicClock.waitFor(1n << 60n);
    setTimeout(() => process.exit(), 100);
  });`;
  const { stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  assert.ok(stderr.split('TimeoutOverflowWarning').length > 3, stderr);
});

test.run();
