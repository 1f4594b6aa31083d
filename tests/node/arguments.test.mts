// Invalid arguments: each throws its error, and changes nothing.
import { execFileSync } from 'node:child_process';
import { closeSync, constants as fsConstants, openSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { constants, mmap, type Mmap } from 'wasi-mmap';
import {
  newFile,
  newPath,
  openDescriptors,
  pattern,
  POSIX,
  throwsCode,
  throwsTypeError,
  withDescriptor,
} from './support.mjs';

const BYTES = pattern(10_000);
const path = newFile(BYTES);
type Any = never; // These tests pass values that the types forbid.

const unchanged = (): void => assert.equal(new Uint8Array(readFileSync(path)), BYTES);

test('file: wrong types', () => {
  for (const file of [undefined, true, {}, [], Symbol('x'), () => 1, 10n, { fd: '3' }]) {
    throwsTypeError(() => mmap(file as Any), typeof file);
  }
});

test('file: no such descriptor', () => {
  const fd = openSync(path, 'r');
  closeSync(fd);
  for (const bad of [fd, -1, -2, NaN, 1.5, 2 ** 31, 2 ** 53, Infinity])
    throwsCode(() => mmap(bad), 'bad-descriptor', `${bad}`);
});

test('file: a FileHandle that was closed', async () => {
  const handle = await open(path, 'r');
  assert.is(mmap(handle, 0, 'read').at(1), 1);
  await handle.close();
  throwsCode(() => mmap(handle, 0, 'read'), 'bad-descriptor');
});

test('file: kinds that cannot be mapped', () => {
  for (const other of [tmpdir(), ...(POSIX ? ['/dev/null', '/dev/zero'] : ['\\\\.\\NUL'])]) {
    withDescriptor(other, 'r', (fd) => throwsCode(() => mmap(fd, 0, 'read'), 'unsupported', other));
    withDescriptor(other, 'r', (fd) => throwsCode(() => mmap(fd, 10, 'read'), 'unsupported', other));
  }
  if (!POSIX) return;
  const pipe = newPath();
  execFileSync('mkfifo', [pipe]);
  withDescriptor(pipe, fsConstants.O_RDWR | fsConstants.O_NONBLOCK, (fd) =>
    throwsCode(() => mmap(fd, 10), 'unsupported', 'pipe'),
  );
});

test('file: rights of the descriptor', () => {
  withDescriptor(path, 'r', (fd) => {
    throwsCode(() => mmap(fd), 'access-denied', 'default is write');
    throwsCode(() => mmap(fd, 0, 'write'), 'access-denied');
    if (POSIX) throwsCode(() => mmap(fd, { flags: constants.MAP_SHARED }), 'access-denied');
    mmap(fd, 0, 'read').close();
    mmap(fd, 0, 'copy').close();
  });
  const writeOnly = newFile('content');
  withDescriptor(writeOnly, fsConstants.O_WRONLY, (fd) => {
    for (const access of ['read', 'write', 'copy'] as const) throwsCode(() => mmap(fd, 0, access), 'access-denied');
  });
  if (!POSIX) return;
  withDescriptor(path, 0o10000000 /* O_PATH */, (fd) => throwsCode(() => mmap(fd, 0, 'read'), 'access-denied'));
});

test('file: a path that cannot be opened is the error of node:fs', () => {
  for (const file of [`${path}-absent`, pathToFileURL(`${path}-absent`)]) {
    assert.throws(
      () => mmap(file, 0, 'read'),
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
    );
  }
  assert.throws(
    () => mmap(tmpdir()),
    // Windows opens a folder, and refuses to map it afterwards.
    (error: NodeJS.ErrnoException) => error.code === (POSIX ? 'EISDIR' : 'unsupported'),
  );
  throwsTypeError(() => mmap(new URL('http://example.org/')), 'URL that is no file');
});

test('length and offset: wrong types and values', () => {
  for (const bad of ['1', '', true, {}, Symbol('x'), () => 1] as Any[]) {
    throwsTypeError(() => mmap(path, { length: bad }));
    throwsTypeError(() => mmap(path, 0, 'read', bad));
  }
  for (const bad of ['1', '', true, Symbol('x'), () => 1] as Any[]) throwsTypeError(() => mmap(path, bad));
  for (const bad of [-1, NaN, 1.5, Infinity, 2 ** 53, -1n, 2n ** 53n, 2n ** 64n]) {
    throwsCode(() => mmap(path, bad), 'invalid-argument', `length ${bad}`);
    throwsCode(() => mmap(path, 0, 'read', bad), 'invalid-argument', `offset ${bad}`);
  }
  unchanged();
});

test('length and offset: past the end of the file', () => {
  for (const [length, offset] of [
    [10_001, 0],
    [1, 10_000],
    [0, 10_000],
    [0, 10_001],
    [2 ** 53 - 1, 0],
    [0, 2 ** 53 - 1],
    [2 ** 53 - 1, 2 ** 53 - 1],
    [9_999, 2],
  ] as const) {
    for (const access of ['read', 'write', 'copy'] as const) {
      throwsCode(() => mmap(path, length, access, offset), 'past-end', `${length}@${offset}`);
    }
    if (!POSIX || length > 2 ** 40) continue; // More than the system can map, which it checks first.
    throwsCode(
      () => mmap(path, { length, offset, prot: constants.PROT_READ }),
      'past-end',
      `posix ${length}@${offset}`,
    );
  }
  assert.is(statSync(path).size, 10_000);
});

test('empty file', () => {
  const empty = newFile('');
  throwsCode(() => mmap(empty), 'empty-file');
  if (POSIX) throwsCode(() => mmap(empty, { prot: constants.PROT_READ }), 'empty-file');
  throwsCode(() => mmap(empty, 1), 'past-end');
  assert.is(statSync(empty).size, 0);
});

test('access, flags and prot', () => {
  throwsTypeError(() => mmap(path, 0, 1 as Any));
  for (const bad of ['READ', 'rw', '']) throwsCode(() => mmap(path, 0, bad as Any), 'invalid-argument', bad);
  throwsCode(() => mmap(path, { access: 'read', flags: constants.MAP_SHARED }), 'invalid-argument', 'access and flags');
  throwsCode(() => mmap(path, { access: 'write', prot: 3 }), 'invalid-argument', 'access and prot');
  for (const flags of [0, 3, 32, -1, NaN])
    throwsCode(() => mmap(path, { flags }), 'invalid-argument', `flags ${flags}`);
  for (const prot of [8, -1, 1.5]) throwsCode(() => mmap(path, { prot }), 'invalid-argument', `prot ${prot}`);
  throwsTypeError(() => mmap(path, { acces: 'read' } as Any), 'unknown option');
  throwsTypeError(() => mmap(path, {} as Any, 'read'), 'options and positions');
});

test('name', () => {
  throwsTypeError(() => mmap(null, { length: 1, name: 5 as Any }));
  for (const name of ['', 'a\0b']) throwsCode(() => mmap(null, { length: 1, name }), 'invalid-argument');
  throwsCode(() => mmap(null, { length: 1, name: 'n', flags: constants.MAP_SHARED }), 'invalid-argument', 'and flags');
  throwsCode(() => mmap(path, { name: 'n' }), 'invalid-argument', 'and a file');
  throwsCode(() => mmap(null, { name: 'n' }), 'invalid-argument', 'no length');
  if (POSIX) throwsCode(() => mmap(null, { length: 1, name: 'n' }), 'unsupported');
});

test('memory without a file needs a length', () => {
  throwsCode(() => mmap(null), 'invalid-argument');
  throwsCode(() => mmap(null, 2 ** 53 - 1), 'no-memory');
  assert.equal(mmap(null, 3).slice(), new Uint8Array(3));
});

const withMap = (access: 'read' | 'write' | 'copy', call: (map: Mmap) => void): void => {
  const map = mmap(path, 0, access);
  call(map);
  map.close();
  unchanged();
};

test('a READ mapping refuses every change, whatever the range', () => {
  withMap('read', (map) => {
    throwsCode(() => map.write('x'), 'read-only');
    throwsCode(() => map.write(''), 'read-only');
    throwsCode(() => map.writeByte(1), 'read-only');
    throwsCode(() => map.set([1], 20_000), 'read-only');
    throwsCode(() => map.fill(1), 'read-only');
    throwsCode(() => map.copyWithin(0, 1), 'read-only');
    throwsCode(() => map.move(0, 20_000, 1), 'read-only');
    throwsCode(() => map.resize(5), 'not-resizable');
    assert.is(map.tell(), 0);
  });
});

test('resize of COPY, to 0 and to nonsense', () => {
  withMap('copy', (map) => {
    throwsCode(() => map.resize(5), 'not-resizable');
    throwsCode(() => map.resize(0), 'not-resizable');
  });
  withMap('write', (map) => {
    for (const bad of [0, -1, NaN, 0.5, 2 ** 53]) throwsCode(() => map.resize(bad), 'invalid-argument', `${bad}`);
    throwsTypeError(() => map.resize('5' as Any));
    assert.is(map.length, 10_000);
    assert.is(map.at(9_999), BYTES[9_999]);
  });
  if (!POSIX) return;
  const file = mmap(path, { flags: constants.MAP_PRIVATE });
  throwsCode(() => file.resize(5), 'not-resizable', 'CPython truncates the file here');
  unchanged();
});

test('writes and moves past the end store nothing', () => {
  withMap('write', (map) => {
    map.seek(-2, 2);
    throwsCode(() => map.write('xyz'), 'out-of-range');
    assert.is(map.tell(), 9_998);
    throwsCode(() => map.set([1, 2], 9_999), 'out-of-range');
    throwsCode(() => map.set([1], 10_000), 'out-of-range');
    throwsCode(() => map.set([1], 2 ** 53 - 1), 'out-of-range');
    for (const bad of [-1, NaN, 0.5, 2 ** 53]) {
      throwsCode(() => map.set([1], bad), 'out-of-range');
      throwsCode(() => map.move(bad, 0, 1), 'out-of-range');
      throwsCode(() => map.move(0, bad, 1), 'out-of-range');
      throwsCode(() => map.move(0, 0, bad), 'out-of-range');
      throwsCode(() => map.flush(bad), 'out-of-range');
      throwsCode(() => map.flush(0, bad), 'out-of-range');
      throwsCode(() => map.advise('random', bad), 'out-of-range');
      throwsCode(() => map.startFlush(bad), 'out-of-range');
      throwsCode(() => map.populate(0, bad), 'out-of-range');
      throwsCode(() => map.resident(bad), 'out-of-range');
    }
    throwsCode(() => map.move(0, 9_999, 2), 'out-of-range');
    throwsCode(() => map.move(9_999, 0, 2), 'out-of-range');
    throwsCode(() => map.flush(10_001), 'out-of-range');
    throwsCode(() => map.flush(1, 10_000), 'out-of-range');
    throwsCode(() => map.advise('random', 10_000), 'out-of-range');
    throwsCode(() => map.advise('often' as Any), 'invalid-argument');
    throwsTypeError(() => map.advise(1 as Any));
    map.seek(0, 2);
    throwsCode(() => map.readByte(), 'out-of-range');
    throwsCode(() => map.writeByte(1), 'out-of-range');
    for (const bad of [256, -1, 1.5, NaN]) throwsCode(() => map.writeByte(bad), 'invalid-argument');
    for (const bad of [-10_001, 1]) throwsCode(() => map.seek(bad, 2), 'out-of-range');
    for (const bad of [3, -1, 0.5]) throwsCode(() => map.seek(0, bad), 'invalid-argument');
    assert.is(map.tell(), 10_000);
  });
});

test('wrong types for bytes, needles and indices', () => {
  withMap('write', (map) => {
    for (const bad of [1, null, undefined, true, {}, [1]]) {
      throwsTypeError(() => map.write(bad as Any));
      throwsTypeError(() => map.find(bad as Any));
      throwsTypeError(() => map.rfind(bad as Any));
    }
    throwsTypeError(() => map.indexOf(null as Any));
    throwsTypeError(() => map.set(1 as Any));
    throwsTypeError(() => map.set(null as Any));
    throwsTypeError(() => map.at('0' as Any));
    throwsTypeError(() => map.slice('0' as Any));
    throwsTypeError(() => map.view({} as Any));
    throwsTypeError(() => map.view(0, 5, {} as Any));
    throwsTypeError(() => map.view(0, 5, null as Any));
    throwsTypeError(() => map.populate('0' as Any));
    throwsTypeError(() => mmap(path, { populate: 1 as Any }));
    throwsTypeError(() => map.fill('0' as Any));
    throwsTypeError(() => map.read('0' as Any));
    throwsTypeError(() => map.readInto([] as Any));
    throwsTypeError(() => map.seek(null as Any));
  });
});

test('a closed mapping', () => {
  const map = mmap(path, 0, 'write');
  map.at(0);
  map.close();
  map.close();
  map[Symbol.dispose]();
  assert.ok(map.closed);
  assert.is(map.toString(), 'Mmap { closed: true }');
  const calls: Array<() => unknown> = [
    () => map.length,
    () => map.size(),
    () => map.at(0),
    () => map.read(),
    () => map.readInto(new Uint8Array(0)),
    () => map.readByte(),
    () => map.readLine(),
    () => [...map.lines()],
    () => map.write(''),
    () => map.writeByte(0),
    () => map.seek(0),
    () => map.tell(),
    () => map.flush(),
    () => map.resize(1),
    () => map.move(0, 0, 0),
    () => map.find(''),
    () => map.rfind(''),
    () => map.advise('normal'),
    () => map.startFlush(),
    () => map.populate(),
    () => map.resident(),
    () => map.mlock(),
    () => map.munlock(),
    () => map.set([]),
    () => map.slice(),
    () => map.view(),
    () => map.subarray(),
    () => map.indexOf(0),
    () => map.lastIndexOf(0),
    () => map.includes(0),
    () => map.fill(0),
    () => map.copyWithin(0, 0),
    () => [...map],
  ];
  calls.forEach((call) => throwsCode(call, 'closed', String(call)));
});

test('a mapping that its own arguments close or resize', () => {
  const map = mmap(path, 0, 'copy');
  const closing = {
    length: 2,
    get 0(): number {
      map.close();
      return 1;
    },
    1: 1,
  };
  throwsCode(() => map.set(closing), 'closed');
  const grown = mmap(newFile('0123456789'));
  const shrinking = {
    length: 2,
    get 0(): number {
      grown.resize(1);
      return 1;
    },
    1: 1,
  };
  throwsCode(() => grown.set(shrinking, 5), 'out-of-range');
});

test('a failed call leaves no descriptor open', () => {
  const before = openDescriptors();
  for (let round = 0; round < 10; round += 1) {
    throwsCode(() => mmap(path, 20_000), 'past-end');
    throwsCode(() => mmap(newFile(''), 0), 'empty-file');
    throwsCode(() => mmap(tmpdir(), 0, 'read'), 'unsupported');
  }
  assert.is(openDescriptors(), before);
});

test.run();
