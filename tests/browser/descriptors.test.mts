// Faults of preview2-shim's file system for browsers, so that a mended release is noticed, and the descriptors after the
// polyfill has mended them. It needs no browser.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
// What it returns: a string is a code of `wasi:filesystem`, any other traps the guest.
import { thrown } from '../tools/thrown.mjs';

type Shim = typeof import('@bytecodealliance/preview2-shim/filesystem');
type Descriptor = Shim['types']['Descriptor']['prototype'];
type Flags = Parameters<Descriptor['openAt']>[3];

const load = (path: string): Promise<unknown> => import(pathToFileURL(resolve(path)).href);
// By its path, because Node would take the implementation for Node.
const shim = (await load('node_modules/@bytecodealliance/preview2-shim/dist/browser/filesystem.js')) as Shim;
const { mendDescriptors } = (await load('dist/portable/ts/preview2-shim/browser-descriptors.mjs')) as {
  mendDescriptors: (types?: object) => void;
};

const TEXT = 'hello';
const READ: Flags = { read: true };
const BOTH: Flags = { read: true, write: true };

/** A file system of its own. */
function open(name: string, flags: Flags): Descriptor {
  const source = new TextEncoder().encode(TEXT);
  const tree = { dir: { file: { source }, empty: { source: '' }, folder: { dir: {} } } };
  const adapter = new shim.InMemoryFilesystemAdapter();
  const [[root] = []] = shim.createFilesystem({ adapter, preopens: { '/': tree } }).preopens.getDirectories();
  return (root as Descriptor).openAt({}, name, {}, flags);
}

const read = (file: Descriptor): string => new TextDecoder().decode(file.read(100n, 0n)[0]);

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('as it is, the shim forgets rights', () => {
  const file = open('file', READ);
  assert.is(file.getFlags().write, true);
  assert.is(file.write(bytes('J'), 0n), 1n);
  assert.is(open('folder', BOTH).getType(), 'directory');
});

test('as it is, sizes that it cannot have trap', () => {
  const file = open('file', BOTH);
  for (const call of [
    () => file.setSize(2n ** 50n),
    () => file.setSize(2n ** 60n),
    () => file.write(bytes('J'), 2n ** 60n),
  ]) {
    assert.instance(thrown(call), Error);
  }
  assert.instance(
    thrown(() => file.read(1n, 2n ** 60n)),
    TypeError,
  );
});

test('as it is, an empty text is no file', () => {
  assert.is(open('empty', READ).getType(), 'unknown');
});

test('as it is, a write copies the whole file', () => {
  const source = bytes(TEXT);
  const entry = { source };
  const adapter = new shim.InMemoryFilesystemAdapter();
  const { preopens } = shim.createFilesystem({ adapter, preopens: { '/': { dir: { file: entry } } } });
  const [[root] = []] = preopens.getDirectories();
  (root as Descriptor).openAt({}, 'file', {}, BOTH).write(bytes('J'), 0n);
  assert.is.not(entry.source.buffer, source.buffer);
});

test('other classes than the shim’s are left alone', () => {
  const prototype = { getFlags: () => ({}) };
  const before = Object.entries(prototype);
  mendDescriptors({ Descriptor: { prototype } });
  mendDescriptors();
  assert.equal(Object.entries(prototype), before);
});

test('mended, rights are those of the open', () => {
  mendDescriptors(shim.types);
  mendDescriptors(shim.types); // A second call does nothing.
  const file = open('file', READ);
  assert.equal(file.getFlags(), { read: true, mutateDirectory: false });
  for (const call of [
    () => file.write(bytes('J'), 0n),
    () => file.writeViaStream(0n),
    () => file.appendViaStream(),
    () => file.setSize(1n),
  ]) {
    assert.is(thrown(call), 'bad-descriptor');
  }
  assert.is(read(file), TEXT);
  const blind = open('file', { write: true });
  assert.is(
    thrown(() => blind.read(1n, 0n)),
    'bad-descriptor',
  );
  assert.is(
    thrown(() => blind.readViaStream(0n)),
    'bad-descriptor',
  );
  assert.is(blind.write(bytes('J'), 0n), 1n);
});

test('mended, directories are no files', () => {
  assert.is(
    thrown(() => open('folder', BOTH)),
    'is-directory',
  );
  const folder = open('folder', READ);
  assert.is(
    thrown(() => folder.read(1n, 0n)),
    'is-directory',
  );
  assert.is(
    thrown(() => folder.setSize(1n)),
    'is-directory',
  );
  assert.is(open('folder', { read: true, mutateDirectory: true }).getFlags().mutateDirectory, true);
});

test('mended, sizes that it cannot have are errors', () => {
  const file = open('file', BOTH);
  assert.is(
    thrown(() => file.setSize(2n ** 50n)),
    'insufficient-space',
  );
  assert.is(
    thrown(() => file.setSize(2n ** 60n)),
    'file-too-large',
  );
  assert.is(
    thrown(() => file.write(bytes('J'), 2n ** 50n)),
    'insufficient-space',
  );
  assert.is(
    thrown(() => file.write(bytes('J'), 2n ** 60n)),
    'file-too-large',
  );
  assert.equal(file.read(2n ** 60n, 2n ** 60n), [new Uint8Array(0), true]);
  assert.is(new TextDecoder().decode(file.read(2n ** 60n, 3n)[0]), 'lo');
  assert.is(read(file), TEXT, 'and nothing has changed');
});

test('mended, writes are in place, beyond the end too', () => {
  const file = open('file', BOTH);
  assert.is(file.write(bytes('J'), 0n), 1n);
  assert.is(file.write(bytes('!'), 7n), 1n);
  assert.is(read(file), 'Jello\0\0!');
  file.setSize(2n);
  file.setSize(4n);
  assert.is(read(file), 'Je\0\0', 'what was cut off is gone');
  assert.is(file.write(new Uint8Array(3_000_000), 0n), 1_000_000n, 'as much as a stream permits at a time');
});

test('mended, a stream that begins past the end has ended', () => {
  const stream = open('file', READ).readViaStream(100n);
  assert.equal(
    thrown(() => stream.blockingRead(1n)),
    { tag: 'closed' },
  );
});

test('mended, an empty text is a file', () => {
  assert.is(open('empty', READ).getType(), 'regular-file');
});

test.run();
