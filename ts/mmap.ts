import {
  isBytes,
  isDataView,
  sizeOf,
  toByte,
  toBytes,
  toIndex,
  toInteger,
  toPosition,
  toSize,
  wrongType,
  type Bytes,
} from './arguments.js';
import { Direct } from './direct.js';
import { MmapError } from './errors.js';
import { adviceNumber, type Access, type Advice, type Backend } from './backend.js';
import { Bytes as ByteArray, bytesFrom, fillBytes, isView, lengthOf, max, min, setBytes } from './intrinsics.js';

const NEWLINE = Uint8Array.of(10);

function byteArray(byte: number): Uint8Array {
  const bytes = new ByteArray(1);
  bytes[0] = byte;
  return bytes;
}

/**
 * A memory-mapped file. It behaves like a file with a cursor, under the names of Python's `mmap`, and like an array of
 * bytes, under the names of `Uint8Array`.
 *
 * Every operation but {@link close} throws an {@link MmapError} `closed` after {@link close}, and `fault` where it
 * touches a page that the file no longer has. Positions are bytes from the start of the mapping.
 */
export class Mmap implements Disposable, Iterable<number> {
  readonly #access: Access;
  readonly #offset: number;
  readonly #direct: Direct;
  #backend: Backend | undefined;
  #length: number;
  #cursor = 0;

  /** @internal Use `mmap()`. */
  constructor(backend: Backend, offset: number) {
    this.#backend = backend;
    this.#access = backend.access();
    this.#length = backend.length();
    this.#offset = offset;
    this.#direct = new Direct(backend.shared, this.#length);
  }

  /** Size of the mapping in bytes. */
  get length(): number {
    this.#open();
    return this.#length;
  }

  /** What may be done with the mapping. */
  get access(): Access {
    return this.#access;
  }

  /** Where in the file the mapping begins. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#backend === undefined;
  }

  /** Size of the *file* in bytes now. Without a file, that of the mapping. */
  size(): number {
    return this.#open().fileSize();
  }

  // Like a file.

  /** Copies out up to `length` bytes from the cursor on (all that follow, if absent or negative) and moves it. */
  read(length?: number | bigint): Uint8Array {
    const wanted = length === undefined ? -1 : toInteger(length, 'length', 'invalid-argument');
    this.#open();
    const rest = this.#rest();
    return this.#take(wanted < 0 || wanted > rest ? rest : wanted);
  }

  #take(count: number): Uint8Array {
    const result = this.#copy(this.#cursor, count);
    this.#cursor += count;
    return result;
  }

  /** Fills `target` from the cursor on, moves it, and returns how many bytes there were: fewer only at the end. */
  readInto(target: Uint8Array): number {
    if (!isBytes(target)) wrongType('target', 'a Uint8Array', target);
    const size = sizeOf(target);
    const backend = this.#open();
    const count = min(size, this.#rest());
    if (count === 0) return 0;
    if (this.#direct.ready()) {
      this.#direct.copyTo(target, this.#cursor, count);
    } else if (count === size) {
      backend.readInto(this.#cursor, target);
    } else {
      setBytes(target, backend.read(this.#cursor, count));
    }
    this.#cursor += count;
    return count;
  }

  /** The byte at the cursor, which moves on. At the end: `out-of-range`. */
  readByte(): number {
    const byte = this.#byteAt(this.#cursor);
    if (byte === undefined) throw new MmapError('out-of-range', 'no byte left to read');
    this.#cursor += 1;
    return byte;
  }

  /** Copies out the bytes from the cursor through the next newline, or to the end; empty at the end. */
  readLine(): Uint8Array {
    const backend = this.#open();
    const rest = this.#rest();
    const found = rest === 0 ? undefined : backend.find(NEWLINE, this.#cursor, this.#length);
    return this.#take(found === undefined ? rest : found + 1 - this.#cursor);
  }

  /** The lines from the cursor on, each with its newline. */
  *lines(): Generator<Uint8Array, void, undefined> {
    this.#open();
    for (let line = this.readLine(); line.length > 0; line = this.readLine()) yield line;
  }

  /** Stores bytes at the cursor, moves it, and returns their number. If they do not fit, `out-of-range`: none is stored. */
  write(bytes: Bytes): number {
    return this.#write(toBytes(bytes, 'bytes'));
  }

  /** Stores a byte, a whole number from 0 to 255, at the cursor and moves it. */
  writeByte(value: number): void {
    const byte = toSize(value, 'value', 'invalid-argument');
    if (byte > 255) throw new MmapError('invalid-argument', `${value} is not a byte`);
    this.#write(byteArray(byte));
  }

  #write(bytes: Uint8Array): number {
    this.#store(bytes, this.#cursor);
    const count = lengthOf(bytes);
    this.#cursor += count;
    return count;
  }

  /**
   * Moves the cursor to `offset` from the start (`whence` 0), from itself (1) or from the end (2) and returns where it
   * is. Outside 0..length: `out-of-range`.
   */
  seek(offset: number | bigint, whence = 0): number {
    const distance = toInteger(offset, 'offset', 'out-of-range');
    this.#open();
    const from = toInteger(whence, 'whence', 'invalid-argument');
    if (from !== 0 && from !== 1 && from !== 2) {
      throw new MmapError('invalid-argument', `whence is ${from}, not 0, 1 or 2`);
    }
    const target = (from === 0 ? 0 : from === 1 ? this.#cursor : this.#length) + distance;
    if (target < 0 || target > this.#length) throw new MmapError('out-of-range', `no position ${target}`);
    this.#cursor = target;
    return target;
  }

  /** The position of the cursor. It can lie past the end after a {@link resize}. */
  tell(): number {
    this.#open();
    return this.#cursor;
  }

  /** Returns when what was stored in the range is on the storage device. On `read` and `copy` it does nothing. */
  flush(offset: number | bigint = 0, length?: number | bigint): void {
    const start = toSize(offset, 'offset', 'out-of-range');
    const count = length === undefined ? undefined : toSize(length, 'length', 'out-of-range');
    this.#open().flush(start, count ?? max(this.#length - start, 0));
  }

  /**
   * Sets the size of the mapping and of the file, which then ends where the mapping does. Only with access `write`,
   * and not to 0. The cursor stays. Views that were taken before keep their size and the pages they had. On Windows a
   * file that gets shorter is `busy` while anybody else maps it, or has a view of it that is not garbage yet.
   */
  resize(length: number | bigint): void {
    const size = toSize(length, 'length', 'invalid-argument');
    const backend = this.#open();
    this.#direct.forget(size); // Also where it fails: Windows has to unmap a file before it refuses to cut it.
    backend.resize(size);
    this.#length = size;
  }

  /** Copies `count` bytes from `source` to `destination`; the ranges may overlap. */
  move(destination: number | bigint, source: number | bigint, count: number | bigint): void {
    const to = toSize(destination, 'destination', 'out-of-range');
    const from = toSize(source, 'source', 'out-of-range');
    const length = toSize(count, 'count', 'out-of-range');
    this.#open().move(to, from, length);
  }

  /**
   * The first position in `start..end` (default: from the cursor to the end; negative counts from the end) where the
   * needle lies, or -1.
   */
  find(needle: Bytes, start?: number | bigint, end?: number | bigint): number {
    const pattern = toBytes(needle, 'needle');
    sizeOf(pattern);
    const backend = this.#open();
    return backend.find(pattern, this.#searchStart(start, this.#cursor), this.#searchEnd(end)) ?? -1;
  }

  /** The last position in `start..end` (defaults as for {@link find}) where the needle lies, or -1. */
  rfind(needle: Bytes, start?: number | bigint, end?: number | bigint): number {
    const pattern = toBytes(needle, 'needle');
    sizeOf(pattern);
    const backend = this.#open();
    return backend.rfind(pattern, this.#searchStart(start, this.#cursor), this.#searchEnd(end)) ?? -1;
  }

  /** Says how a range (default: all) will be used. It changes speed, never what is read or stored. */
  advise(advice: Advice, offset: number | bigint = 0, length?: number | bigint): void {
    if (typeof advice !== 'string') wrongType('advice', 'a string', advice);
    if (adviceNumber(advice) < 0) throw new MmapError('invalid-argument', `unknown advice: ${advice}`);
    const start = toSize(offset, 'offset', 'out-of-range');
    const count = length === undefined ? undefined : toSize(length, 'length', 'out-of-range');
    this.#open().advise(start, count ?? max(this.#length - start, 0), advice);
  }

  /**
   * Unmaps; a second call does nothing. Pages that a {@link view} shows stay mapped until it is garbage: JavaScript or
   * background work, such as zlib's, may be about to use it. All others go at once.
   */
  close(): void {
    const backend = this.#backend;
    if (!backend) return;
    this.#backend = undefined;
    this.#direct.forget(0);
    backend.close();
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  // Like an array.

  /** The byte at an index, negative from the end; undefined outside. */
  at(index: number | bigint): number | undefined {
    // Only a number: the array has other properties, which are nobody's.
    const { bytes, faultCount, cleanAt } = this.#direct;
    const byte = typeof index === 'number' ? bytes[index] : undefined;
    if (byte !== undefined && faultCount[0] === cleanAt) return byte;
    return this.#byteAt(toIndex(index, 'index'));
  }

  #byteAt(relative: number): number | undefined {
    const backend = this.#open();
    const position = relative < 0 ? relative + this.#length : relative;
    if (position < 0 || position >= this.#length) return undefined;
    return this.#direct.at(position) ?? backend.read(position, 1)[0];
  }

  /** Stores bytes, or an array of numbers modulo 256, at `offset`. If they do not fit, `out-of-range`: none is stored. */
  set(source: Bytes | ArrayLike<number>, offset: number | bigint = 0): void {
    const start = toSize(offset, 'offset', 'out-of-range');
    if (isBytes(source)) this.#store(source, start);
    else this.#store(this.#isNumbers(source) ? bytesFrom(source) : toBytes(source, 'source'), start);
  }

  /** Copies out the bytes from `start` to `end`; negative indices count from the end. */
  slice(start?: number | bigint, end?: number | bigint): Uint8Array {
    const { from, count } = this.#range(start, end);
    return this.#copy(from, count);
  }

  /**
   * The bytes from `start` to `end` themselves, without a copy; negative indices count from the end.
   *
   * With access `write` a store reaches the file, with `copy` and `read` it stays private (with `read` the mapping does
   * not see it either). A page that the file no longer has reads as zeros there. A view stays what it is after
   * {@link close} and {@link resize}, until it is garbage, and wherever its memory goes. Each has a buffer of its own: what
   * becomes of one, in a stream of bytes for example, is nothing to the others.
   *
   * The engine counts views as memory that they fill, and collects garbage once they come to more than 64 MiB: keep a large
   * view, or take small ones.
   *
   * @throws {MmapError} `unsupported` if it would be larger than the engine allows (4 GiB): take windows instead.
   */
  view(start?: number | bigint, end?: number | bigint): Uint8Array {
    const { from, count } = this.#range(start, end);
    return this.#open().view(from, count);
  }

  /** The same as {@link view}, under TypedArray's name. */
  subarray(start?: number | bigint, end?: number | bigint): Uint8Array {
    return this.view(start, end);
  }

  /** The first position of a byte or of a run of bytes, from `from` (default 0) on, or -1. */
  indexOf(value: number | Bytes, from: number | bigint = 0): number {
    return this.#indexOf(value, from);
  }

  #indexOf(value: number | Bytes, from: number | bigint): number {
    const pattern = typeof value === 'number' ? byteArray(toByte(value, 'value')) : toBytes(value, 'value');
    sizeOf(pattern);
    const backend = this.#open();
    return backend.find(pattern, toPosition(from, this.#length, 0, 'from'), this.#length) ?? -1;
  }

  /** The last position of a byte or of a run of bytes that begins at or before `from` (default: the end), or -1. */
  lastIndexOf(value: number | Bytes, from: number | bigint = Infinity): number {
    const pattern = typeof value === 'number' ? byteArray(toByte(value, 'value')) : toBytes(value, 'value');
    const size = sizeOf(pattern);
    const index = toIndex(from, 'from');
    const backend = this.#open();
    const last = index < 0 ? index + this.#length : min(index, this.#length);
    return last < 0 ? -1 : (backend.rfind(pattern, 0, min(last + size, this.#length)) ?? -1);
  }

  /** Whether a byte or a run of bytes stands at or behind `from`. */
  includes(value: number | Bytes, from: number | bigint = 0): boolean {
    return this.#indexOf(value, from) >= 0;
  }

  /** Sets the bytes from `start` to `end` to a number modulo 256. */
  fill(value: number, start?: number | bigint, end?: number | bigint): this {
    const byte = toByte(value, 'value');
    const { from, count } = this.#range(start, end);
    const backend = this.#writable();
    if (this.#direct.ready()) {
      this.#direct.fill(byte, from, count);
      return this;
    }
    const buffer = new ArrayBuffer(min(count, 1 << 20));
    fillBytes(new ByteArray(buffer), byte, 0, 1 << 20);
    for (let done = 0; done < count; done += 1 << 20) {
      backend.write(from + done, new ByteArray(buffer, 0, min(1 << 20, count - done)));
    }
    return this;
  }

  /** Copies the bytes from `start` to `end` to `target`, as far as they fit; the ranges may overlap. */
  copyWithin(target: number | bigint, start: number | bigint, end?: number | bigint): this {
    const { from, count } = this.#range(start, end);
    const to = toPosition(target, this.#length, 0, 'target');
    this.#writable().move(to, from, min(count, this.#length - to));
    return this;
  }

  /** The bytes from the first to the last. */
  *[Symbol.iterator](): IterableIterator<number> {
    this.#open();
    for (let index = 0; index < this.length; index += 1) yield this.at(index) as number;
  }

  /** Like Python's `repr`: access, length, cursor and offset, or that it is closed. */
  toString(): string {
    return this.#describe();
  }

  #describe(): string {
    if (!this.#backend) return 'Mmap { closed: true }';
    return `Mmap { access: '${this.#access}', length: ${this.#length}, position: ${this.#cursor}, offset: ${this.#offset} }`;
  }

  /** @internal What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#describe();
  }

  // Below: everything converts its arguments first and looks at the mapping afterwards, for a conversion may run
  // code of the caller, which may close or resize it.

  #open(): Backend {
    if (!this.#backend) throw new MmapError('closed');
    return this.#backend;
  }

  #writable(): Backend {
    const backend = this.#open();
    if (this.#access === 'read') throw new MmapError('read-only');
    return backend;
  }

  #rest(): number {
    return this.#length > this.#cursor ? this.#length - this.#cursor : 0;
  }

  /** Start and length of what `slice(start, end)` means. */
  #range(start: unknown, end: unknown): { from: number; count: number } {
    this.#open();
    const from = toPosition(start, this.#length, 0, 'start');
    const to = toPosition(end, this.#length, this.#length, 'end');
    return { from, count: to > from ? to - from : 0 };
  }

  /** Python's rule for where a search starts; past the end is told from the end. */
  #searchStart(value: unknown, absent: number): number {
    if (value === undefined) return absent;
    const index = toIndex(value, 'start');
    return index < 0 ? max(index + this.#length, 0) : min(index, this.#length + 1);
  }

  #searchEnd(value: unknown): number {
    return toPosition(value, this.#length, this.#length, 'end');
  }

  #copy(offset: number, length: number): Uint8Array {
    if (length === 0) return new ByteArray(0); // The cursor may lie past the end.
    try {
      return this.#direct.ready() ? this.#direct.copy(offset, length) : this.#open().read(offset, length);
    } catch (error) {
      // The engine cannot allocate so much.
      throw error instanceof RangeError ? new MmapError('no-memory', `no memory for ${length} bytes`) : error;
    }
  }

  #store(source: Uint8Array, offset: number): void {
    const backend = this.#writable();
    if (this.#direct.ready()) return this.#direct.store(source, offset);
    sizeOf(source);
    backend.write(offset, source);
  }

  #isNumbers(source: unknown): source is ArrayLike<number> {
    if (typeof source !== 'object' || source === null) return false;
    return isView(source) ? !isDataView(source) : 'length' in source;
  }
}
