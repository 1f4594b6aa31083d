// The effects of the operations: on the mapping, on the file, and for other readers.
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { inspect } from 'node:util';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ALLOCATIONGRANULARITY, constants, mmap, PAGESIZE } from 'wasi-mmap';
import { newFile, pattern, POSIX, throwsCode, WINE } from './support.mjs';

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const content = (path: string): string => readFileSync(path, 'latin1');

test('path, URL, descriptor and handle map the same file', () => {
  const path = newFile('content');
  const fd = openSync(path, 'r+');
  for (const file of [path, pathToFileURL(path), fd, { fd }]) {
    const map = mmap(file);
    assert.is(latin1(map.read()), 'content');
    map.close();
  }
  closeSync(fd);
});

test('the mapping outlives its descriptor', () => {
  const path = newFile('content');
  const fd = openSync(path, 'r+');
  const map = mmap(fd);
  closeSync(fd);
  map.write('C');
  map.resize(8);
  assert.is(content(path), 'Content\0');
});

test('access: read, write and copy', () => {
  const path = newFile('abc');
  const read = mmap(path, 0, 'read');
  const write = mmap(path, 0, 'write');
  const copy = mmap(path, 0, 'copy');
  copy.set('X');
  assert.is(latin1(copy.slice()), 'Xbc');
  assert.is(content(path), 'abc');
  write.set('Y', 1);
  assert.is(content(path), 'aYc');
  assert.is(latin1(read.slice()), 'aYc');
  assert.is(latin1(copy.slice()), 'Xbc', 'a changed page is its own');
  assert.equal([read.access, write.access, copy.access, mmap(path).access], ['read', 'write', 'copy', 'write']);
});

test('flags and prot', () => {
  const path = newFile('abc');
  const { MAP_SHARED, MAP_PRIVATE, PROT_READ, PROT_WRITE, PROT_EXEC } = constants;
  if (!POSIX) {
    for (const options of [{ flags: MAP_SHARED }, { flags: MAP_PRIVATE }, { prot: PROT_READ }]) {
      throwsCode(() => mmap(path, options), 'unsupported');
      throwsCode(() => mmap(null, { length: 1, ...options }), 'unsupported');
    }
    return;
  }
  assert.is(mmap(path, { flags: MAP_SHARED }).access, 'write');
  assert.is(mmap(path, { flags: MAP_PRIVATE }).access, 'copy');
  assert.is(mmap(path, { prot: PROT_WRITE }).access, 'write');
  assert.is(mmap(path, { prot: PROT_READ | PROT_EXEC }).access, 'read');
  const none = mmap(path, { prot: 0 });
  for (const call of [() => none.at(0), () => none.slice(), () => none.find('a'), () => none.view()]) {
    throwsCode(call, 'access-denied', String(call));
  }
  assert.is(none.length, 3);
  throwsCode(() => mmap(path, { prot: PROT_EXEC }).at(0), 'access-denied');
  throwsCode(() => mmap(path, { prot: PROT_EXEC | PROT_WRITE }), 'unsupported');
});

test('any byte offset', () => {
  const bytes = pattern(200_000);
  const path = newFile(bytes);
  for (const offset of [1, 4095, 4096, 4097, 12_345, 65_535, 65_536, 65_537, 199_999]) {
    const map = mmap(path, { offset, access: 'read' });
    assert.is(map.length, 200_000 - offset);
    assert.is(map.offset, offset);
    assert.equal(map.slice(), bytes.slice(offset));
    assert.equal(map.view(), bytes.slice(offset));
    map.close();
  }
  const two = mmap(path, 2, 'write', 5_000);
  two.write('ok');
  two.flush();
  assert.is(content(path).slice(5_000, 5_002), 'ok');
});

test('bigint and number mean the same', () => {
  const map = mmap(newFile('0123456789'), 4n, 'read', 2n);
  assert.is(latin1(map.slice(1n, 3n)), '34');
  assert.is(map.at(-1n), 53);
  assert.is(map.seek(2n), 2);
  assert.is(map.find('5', 0n, 4n), 3);
});

test('like a file', () => {
  const map = mmap(newFile('first\nsecond\nlast'));
  assert.is(latin1(map.readLine()), 'first\n');
  assert.is(map.tell(), 6);
  assert.is(latin1(map.read(3)), 'sec');
  assert.is(map.readByte(), 'o'.charCodeAt(0));
  assert.is(map.seek(-2, constants.SEEK_CUR), 8);
  assert.is(map.seek(-4, constants.SEEK_END), 13);
  assert.is(latin1(map.readLine()), 'last');
  assert.is(latin1(map.readLine()), '');
  assert.is(latin1(map.read()), '');
  map.seek(0);
  assert.equal([...map.lines()].map(latin1), ['first\n', 'second\n', 'last']);
  map.seek(0);
  assert.is(map.write('FIRST'), 5);
  map.writeByte(0x2d);
  const target = new Uint8Array(100);
  assert.is(map.readInto(target), 11);
  assert.is(latin1(target.subarray(0, 11)), 'second\nlast');
  assert.is(map.readInto(target), 0);
  map.seek(0);
  assert.is(latin1(map.read(-1)), 'FIRST-second\nlast');
});

test('find and rfind: the cursor is where a search begins', () => {
  const map = mmap(newFile('abcabc'), 0, 'read');
  assert.equal([map.find('abc'), map.rfind('abc')], [0, 3]);
  map.seek(1);
  assert.equal([map.find('abc'), map.rfind('abc', 0), map.find('abc', 0)], [3, 3, 0]);
  assert.equal([map.find('c', -1), map.find('c', 0, -1), map.rfind('c', 0, -1)], [5, 2, 2]);
  assert.equal([map.find('', 6), map.find('', 7), map.rfind(''), map.find('zz')], [6, -1, 6, -1]);
  assert.equal([map.find(Uint8Array.of(0x62)), map.find(new Uint16Array([0x6362]).buffer)], [1, 1]);
});

test('like an array, as Uint8Array has it', () => {
  const bytes = pattern(300);
  const path = newFile(bytes);
  const map = mmap(path, 0, 'copy');
  const twin = Uint8Array.from(bytes);
  // `start ?? 0` below: V8 in Node 20 ignores the end if the start is undefined.
  const indices = [undefined, 0, 1, -1, 5, 299, 300, 301, -300, -301, 1.7, NaN, Infinity, -Infinity];
  for (const start of indices) {
    if (start !== undefined) assert.is(map.at(start), twin.at(start), `at ${start}`);
    for (const end of indices) {
      assert.equal(map.slice(start, end), twin.slice(start, end), `slice ${start} ${end}`);
      assert.equal(map.subarray(start, end), twin.subarray(start, end), `subarray ${start} ${end}`);
      assert.equal(map.fill(7, start, end).slice(), twin.fill(7, start ?? 0, end), `fill ${start} ${end}`);
      map.set(bytes);
      twin.set(bytes);
      for (const target of [0, 3, -7, 299, 300, 400]) {
        assert.equal(
          map.copyWithin(target, start ?? 0, end).slice(),
          twin.copyWithin(target, start ?? 0, end),
          `copyWithin ${target} ${start} ${end}`,
        );
      }
    }
    for (const value of [7, 250, 251, 256, -1]) {
      if (start === undefined) continue;
      const byte = value & 255;
      const text = `${value} from ${start}`;
      assert.is(map.indexOf(value, start), Buffer.from(twin).indexOf(byte, start || 0), `indexOf ${text}`);
      if (!Number.isNaN(start))
        assert.is(map.lastIndexOf(value, start), twin.lastIndexOf(byte, start), `lastIndexOf ${text}`);
      assert.is(map.includes(value, start), twin.includes(byte, start), `includes ${text}`);
    }
  }
  assert.equal([...map], [...twin]);
  map.set([1, 257, -1, 2.9], 1);
  twin.set([1, 257, -1, 2.9], 1);
  assert.equal(map.slice(), twin);
  map.set(new Float64Array([3.5, 300]), 10);
  assert.equal(map.slice(10, 12), Uint8Array.of(3, 44));
});

test('flush of any range, and of mappings that have nothing to flush', () => {
  const path = newFile(pattern(10_000));
  const map = mmap(path, 0, 'write', 100);
  map.fill(1);
  for (const [offset, length] of [[0], [5_000], [9_900], [1, 2], [4_096, 0], [3_996, 5_904]] as const) {
    map.flush(offset, length);
  }
  mmap(path, 0, 'read').flush();
  mmap(path, 0, 'copy').flush(1, 1);
  mmap(null, 10).flush();
});

test('advice changes nothing that is stored', () => {
  const path = newFile(pattern(100_000));
  for (const map of [mmap(path, 0, 'copy'), mmap(path, 0, 'write'), mmap(null, 100_000)]) {
    map.fill(42, 10, 90_000);
    for (const advice of ['normal', 'random', 'sequential', 'will-need', 'dont-need'] as const) {
      map.advise(advice);
      map.advise(advice, 5_000, 2 ** 40);
      map.advise(advice, 99_999);
    }
    assert.ok(
      map.slice(10, 90_000).every((byte) => byte === 42),
      map.access,
    );
  }
});

test('loading, locking and beginning to flush change nothing that is stored', () => {
  const path = newFile(pattern(100_000));
  for (const map of [
    mmap(path, 0, 'read'),
    mmap(path, 0, 'copy'),
    mmap(path, { populate: true }),
    mmap(null, 100_000),
  ]) {
    if (map.access !== 'read') map.fill(42, 10, 90_000);
    const before = map.slice();
    map.populate();
    map.populate(5_000n, 100n);
    map.populate(100_000);
    map.startFlush();
    map.startFlush(5_000, 100);
    assert.equal(map.slice(), before);
    if (!POSIX) throwsCode(() => map.resident(), 'unsupported');
  }
  const small = mmap(newFile(pattern(10_000)), 0, 'copy'); // A process may lock only 64 KiB on older systems.
  small.mlock();
  small.mlock();
  small.fill(7, 0, 10);
  small.munlock();
  small.munlock();
  assert.equal(small.slice(0, 11), Uint8Array.of(7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 10));
});

if (POSIX) {
  test('resident: the bytes of a range that are in memory', () => {
    const file = mmap(newFile(pattern(100_000)), { offset: 100, populate: true });
    assert.is(file.resident(), 99_900);
    assert.is(file.resident(5_000, 100), 100);
    assert.is(file.resident(99_900), 0);
    const memory = mmap(null, 100 * PAGESIZE);
    assert.is(memory.resident(), 0);
    memory[50 * PAGESIZE] = 1;
    assert.is(memory.resident(), PAGESIZE);
    assert.is(memory.resident(50 * PAGESIZE - 10, 20), 10);
  });

  test('PROT_NONE: every access is refused', () => {
    const map = mmap(newFile('some bytes'), { prot: constants.PROT_NONE });
    throwsCode(() => map.at(0), 'access-denied');
    throwsCode(() => map.slice(), 'access-denied');
    throwsCode(() => map.view(), 'access-denied');
    throwsCode(() => map.populate(), 'access-denied');
    throwsCode(() => map.resident(), 'access-denied');
    throwsCode(() => map.mlock(), 'access-denied');
    throwsCode(() => map.set('x'), 'read-only');
  });
}

test('the sizes of pages', () => {
  for (const size of [PAGESIZE, ALLOCATIONGRANULARITY]) assert.ok(size >= 4096 && Number.isInteger(Math.log2(size)));
  assert.ok(ALLOCATIONGRANULARITY >= PAGESIZE);
});

test('views of another class are the bytes themselves', () => {
  const map = mmap(newFile('some bytes'));
  const view = map.view(5, 10, Buffer);
  assert.ok(Buffer.isBuffer(view));
  assert.is(view.toString('latin1'), 'bytes');
  view.write('BYTES');
  assert.is(Buffer.from(map.slice()).toString(), 'some BYTES');
  const given: unknown[] = [];
  assert.is(map.view(2, 4, { from: (...all) => given.push(...all) }), 3);
  assert.equal(given.slice(1), [0, 2]);
  assert.is(map.view(3, 3, Buffer).length, 0);
});

test('resize: the file ends where the mapping does', () => {
  const path = newFile(pattern(10_000));
  const map = mmap(path, 3_000, 'write', 5_000);
  map.seek(2_500);
  map.resize(2_000);
  assert.equal([map.length, map.size(), statSync(path).size], [2_000, 7_000, 7_000]);
  assert.equal([map.tell(), map.read().length], [2_500, 0], 'the cursor stays');
  throwsCode(() => map.write('x'), 'out-of-range');
  map.resize(50_000);
  assert.equal([map.length, map.size()], [50_000, 55_000]);
  assert.ok(map.slice(2_000).every((byte) => byte === 0));
  assert.equal(map.slice(0, 2_000), pattern(10_000).slice(5_000, 7_000));
  map.set('end', 49_997);
  assert.is(content(path).slice(-3), 'end');
  if (!WINE) assert.ok(statSync(path).blocks * 512 >= 48_000, 'the new bytes have blocks'); // Wine leaves holes.
});

test('resize of memory without a file keeps its bytes', () => {
  for (const access of ['write', undefined] as const) {
    const map = mmap(null, 5_000, access);
    map.fill(9);
    map.resize(20_000);
    assert.equal([map.at(4_999), map.at(5_000), map.size()], [9, 0, 20_000]);
    map.resize(10);
    assert.equal(map.slice(), new Uint8Array(10).fill(9));
  }
  throwsCode(() => mmap(null, 10, 'copy').resize(20), 'not-resizable');
  throwsCode(() => mmap(null, 10, 'read').write('x'), 'read-only');
});

test('size: of the file, not of the mapping', () => {
  const path = newFile(pattern(5_000));
  const map = mmap(path, 100);
  assert.equal([map.length, map.size()], [100, 5_000]);
  mmap(path).resize(9_000);
  assert.equal([map.length, map.size()], [100, 9_000]);
});

test('toString and inspection', () => {
  const map = mmap(newFile('0123456789'), { offset: 2, length: 5, access: 'read' });
  map.seek(3);
  const text = "Mmap { access: 'read', length: 5, position: 3, offset: 2 }";
  assert.equal([map.toString(), inspect(map)], [text, text]);
});

test.run();
