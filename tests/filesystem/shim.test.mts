// Why ts/filesystem stands in for the file system of preview2-shim. A failed test here means that a release has mended a
// fault. When all are mended, the shim's can be used again.
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { data, openRoot } from '../preview2-shim/unmended.mjs';
import { thrown } from '../tools/thrown.mjs';

interface Stream {
  blockingWriteAndFlush(bytes: Uint8Array): void;
}
interface Descriptor {
  openAt(at: object, path: string, open: object, flags: object): Descriptor;
  appendViaStream(): Stream;
  stat(): object;
  statAt(at: object, path: string): { size: bigint };
  readDirectory(): object;
  createDirectoryAt(path: string): void;
  setTimesAt(at: object, path: string, access: object, modification: object): void;
  setTimes(access: object, modification: object): void;
}

const root = await openRoot<Descriptor>();

test('two appenders write over each other', () => {
  const open = () => root.openAt({}, 'log', { create: true }, { write: true }).appendViaStream();
  const [one, other] = [open(), open()];
  for (const [stream, word] of [
    [one, '1'],
    [other, '2'],
    [one, '3'],
  ] as const)
    stream.blockingWriteAndFlush(Buffer.from(word));
  assert.not.equal(readFileSync(join(data, 'log'), 'utf8'), '123');
});

test('times are set a thousandfold', () => {
  writeFileSync(join(data, 'file'), 'content');
  const time = { tag: 'timestamp', val: { seconds: 1_000_000n, nanoseconds: 0 } };
  root.openAt({}, 'file', {}, { read: true, write: true }).setTimes(time, time);
  assert.is(statSync(join(data, 'file')).mtimeMs / 1000, 1_000_000_000);
  const now = { tag: 'now' };
  root.setTimesAt({}, 'file', now, now);
  assert.ok(statSync(join(data, 'file')).mtimeMs < Date.now() / 100);
});

test('a directory that was granted has no facts and no names', () => {
  assert.is(
    thrown(() => root.stat()),
    'invalid',
  );
  assert.is(
    thrown(() => root.readDirectory()),
    'bad-descriptor',
  );
});

test('a parent is left by name, whatever the name is', () => {
  mkdirSync(join(data, 'a/b'), { recursive: true });
  writeFileSync(join(data, 'a/file'), '');
  symlinkSync('a/b', join(data, 'link'));
  assert.ok(root.statAt({}, 'none/../log'));
  assert.is(root.statAt({}, 'link/../file').size, 7n); // It is that of the link.
  assert.ok(root.statAt({}, '')); // No name at all.
});

test('a backslash is a slash', () => {
  root.openAt({}, 'a\\name', { create: true }, { write: true });
  assert.ok(statSync(join(data, 'a/name')));
});

test('a directory without rights lets guests change it', () => {
  mkdirSync(join(data, 'plain'));
  const directory = root.openAt({}, 'plain', { directory: true }, { read: true });
  assert.is(
    thrown(() => directory.createDirectoryAt('made')),
    undefined,
  );
});

test.run();
