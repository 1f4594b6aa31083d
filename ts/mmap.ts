import {
  isBytes,
  isNumbers,
  sizeOf,
  toByte,
  toBytes,
  toIndex,
  toInteger,
  toPattern,
  toPosition,
  toSearchStart,
  toSize,
  wrongType,
  type Bytes,
} from './arguments.js';
import type { ByteArrayLike, BytesClass } from './array-like.js';
import { adviceNumber, type Access, type Advice, type Backend, type OwnBytes } from './backend.js';
import { Direct, NO_BYTES, UNKNOWN } from './direct.js';
import { dispose } from './disposable.js';
import { MmapError } from './errors.js';
import type { FileLike } from './file-like.js';
import { bytewise, refuseText, UNCOPIED } from './indices.js';
import { bytesFrom, defineProperty, lengthOf, max, min } from './intrinsics.js';
import type { MemoryLike } from './memory-like.js';
import { MmapPromises, type Part } from './mmap-promises.js';

const NEWLINE = toPattern(10, 'newline');

/**
 * A memory-mapped file. It behaves like a file with a cursor, under the names of Python's `mmap`, and like an array of
 * bytes, under the names of `Uint8Array`.
 *
 * Every method but {@link close} throws an {@link MmapError} `closed` after {@link close}, and every method throws a
 * TypeError for an argument of a wrong type. Reads and searches throw `access-denied` if the mapping was made with `prot`
 * without a right to read. `fault` means that a page cannot be reached: the file was truncated, or its
 * storage failed. A method that throws anything but `fault`, `io` or `no-space` has changed nothing.
 */
export class Mmap implements FileLike, ByteArrayLike, MemoryLike, Disposable {
  static {
    const prototype = bytewise({
      isMapping: (value) => Mmap.#isMapping(value),
      load: (map, index) => (map as Mmap).#byteAt(index),
      store: (map, index, value) => (map as Mmap).#store(toPattern(toByte(value, 'value'), 'value'), index),
    });
    Object.setPrototypeOf(Mmap.prototype, prototype);
  }

  readonly #access: Access;
  readonly #offset: number;
  readonly #direct: Direct;
  /** What {@link at} has found in `#direct`, a step nearer: valid while the fault count is `#cleanAt`. */
  readonly #faultCount: Uint32Array;
  #bytes: Uint8Array = NO_BYTES;
  #cleanAt = UNKNOWN;
  #backend: Backend | undefined;
  #length: number;
  #cursor = 0;
  #promises: MmapPromises | undefined;

  /** The byte at an index, as {@link at} for one from 0. An assignment stores a byte, as {@link set} does. */
  [index: number]: number;

  /** @internal Use `mmap()`. */
  constructor(backend: Backend, offset: number) {
    if (backend === undefined) throw new TypeError('mappings are made by mmap()');
    this.#backend = backend;
    this.#access = backend.access();
    this.#length = backend.length();
    this.#offset = offset;
    this.#direct = new Direct(backend, this.#length);
    this.#faultCount = this.#direct.faultCount;
    defineProperty(this, 'bytes', UNCOPIED);
  }

  // Each method converts its arguments before it looks at the mapping: a conversion can run code of the caller, which can
  // close or resize the mapping.

  get length(): number {
    this.#open();
    return this.#length;
  }

  /** What may be done with the mapping. */
  get access(): Access {
    return this.#access;
  }

  /** Where in the file the mapping begins, in bytes. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.#backend === undefined;
  }

  /**
   * Unmaps. A second call does nothing. Pages with a live {@link view} stay mapped until the view is garbage: JavaScript or
   * background work, such as zlib's, may be about to use them. All other pages are unmapped at once.
   */
  close(): void {
    const backend = this.#backend;
    if (!backend) return;
    this.#backend = undefined;
    this.#forget(0);
    backend.close();
  }

  /** {@link close}, for `using`. */
  [dispose](): void {
    this.close();
  }

  /** Refuses: a Blob, a Response or a template would hold the text of {@link toString} in place of the bytes. */
  [Symbol.toPrimitive](): never {
    return refuseText();
  }

  /** What JSON shows of a mapping: what it is, not its bytes. */
  toJSON(): { access: Access; offset: number; closed: boolean } {
    return { access: this.#access, offset: this.#offset, closed: this.closed };
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
    return Mmap.#isMapping(this) ? this.#describe() : 'Mmap {}'; // Node asks a Proxy of a mapping too.
  }

  /** The operations that may wait for the disk, as promises that do not block the event loop. */
  get promises(): MmapPromises {
    return (this.#promises ??= new MmapPromises({
      backend: () => this.#open(),
      length: () => this.#length,
      cursor: () => this.#cursor,
      take: (wanted) => {
        const part = { from: this.#cursor, count: this.#following(wanted) };
        this.#cursor += part.count;
        return part;
      },
      range: (start, end) => this.#range(start, end),
      extent: (offset, length) => this.#extent(offset, length),
      resizing: (length) => this.#forget(length),
      resized: (length) => (this.#length = length),
    }));
  }

  static #isMapping(value: unknown): value is Mmap {
    return typeof value === 'object' && value !== null && #access in value;
  }

  #open(): Backend {
    if (!this.#backend) throw new MmapError('closed');
    return this.#backend;
  }

  #writable(): Backend {
    const backend = this.#open();
    if (this.#access === 'read') throw new MmapError('read-only');
    return backend;
  }

  #store(source: Uint8Array, offset: number): void {
    this.#writable();
    this.#direct.write(source, offset);
  }

  // Like a file: see FileLike.

  size(): number {
    return this.#open().fileSize();
  }

  read(length?: number | bigint): OwnBytes {
    const wanted = length === undefined ? -1 : toInteger(length, 'length', 'invalid-argument');
    return this.#take(this.#following(wanted));
  }

  /** How many bytes a read of a length copies: all that follow if it is negative. */
  #following(wanted: number): number {
    this.#open();
    const rest = this.#rest();
    return wanted < 0 || wanted > rest ? rest : wanted;
  }

  #rest(): number {
    return this.#length > this.#cursor ? this.#length - this.#cursor : 0;
  }

  #take(count: number): OwnBytes {
    const result = this.#direct.read(this.#cursor, count);
    this.#cursor += count;
    return result;
  }

  readInto(target: Uint8Array): number {
    if (!isBytes(target)) wrongType('target', 'a Uint8Array', target);
    const size = sizeOf(target);
    this.#open();
    const count = min(size, this.#rest());
    if (count === 0) return 0;
    this.#direct.readInto(target, size, this.#cursor, count);
    this.#cursor += count;
    return count;
  }

  readByte(): number {
    const byte = this.#byteAt(this.#cursor);
    if (byte === undefined) throw new MmapError('out-of-range', 'no byte left to read');
    this.#cursor += 1;
    return byte;
  }

  readLine(): OwnBytes {
    const backend = this.#open();
    const rest = this.#rest();
    const found = rest === 0 ? undefined : backend.find(NEWLINE, this.#cursor, this.#length);
    return this.#take(found === undefined ? rest : found + 1 - this.#cursor);
  }

  *lines(): Generator<OwnBytes, void, undefined> {
    this.#open();
    for (let line = this.readLine(); line.length > 0; line = this.readLine()) yield line;
  }

  write(bytes: Bytes): number {
    return this.#write(toBytes(bytes, 'bytes'));
  }

  writeByte(value: number): void {
    const byte = toSize(value, 'value', 'invalid-argument');
    if (byte > 255) throw new MmapError('invalid-argument', `${value} is not a byte`);
    this.#write(toPattern(byte, 'value'));
  }

  #write(bytes: Uint8Array): number {
    this.#store(bytes, this.#cursor);
    const count = lengthOf(bytes);
    this.#cursor += count;
    return count;
  }

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

  tell(): number {
    this.#open();
    return this.#cursor;
  }

  flush(offset?: number | bigint, length?: number | bigint): void {
    const { from, count } = this.#extent(offset, length);
    this.#open().flush(from, count);
  }

  startFlush(offset?: number | bigint, length?: number | bigint): void {
    const { from, count } = this.#extent(offset, length);
    this.#open().startFlush(from, count);
  }

  /** The range of an offset and a length, which only the backend checks. */
  #extent(offset: number | bigint = 0, length?: number | bigint): Part {
    const from = toSize(offset, 'offset', 'out-of-range');
    const count = length === undefined ? undefined : toSize(length, 'length', 'out-of-range');
    this.#open();
    return { from, count: count ?? max(this.#length - from, 0) };
  }

  resize(length: number | bigint): void {
    const size = toSize(length, 'length', 'invalid-argument');
    const backend = this.#open();
    this.#forget(size); // Also if it fails: Windows unmaps a file before it refuses to truncate it.
    backend.resize(size);
    this.#length = size;
  }

  move(destination: number | bigint, source: number | bigint, count: number | bigint): void {
    const to = toSize(destination, 'destination', 'out-of-range');
    const from = toSize(source, 'source', 'out-of-range');
    const length = toSize(count, 'count', 'out-of-range');
    this.#open().move(to, from, length);
  }

  find(needle: Bytes, start?: number | bigint, end?: number | bigint): number {
    const pattern = toBytes(needle, 'needle');
    sizeOf(pattern);
    const backend = this.#open();
    const from = toSearchStart(start, this.#length, this.#cursor);
    return backend.find(pattern, from, toPosition(end, this.#length, this.#length, 'end')) ?? -1;
  }

  rfind(needle: Bytes, start?: number | bigint, end?: number | bigint): number {
    const pattern = toBytes(needle, 'needle');
    sizeOf(pattern);
    const backend = this.#open();
    const from = toSearchStart(start, this.#length, this.#cursor);
    return backend.rfind(pattern, from, toPosition(end, this.#length, this.#length, 'end')) ?? -1;
  }

  // Like memory: see MemoryLike.

  advise(advice: Advice, offset?: number | bigint, length?: number | bigint): void {
    if (typeof advice !== 'string') wrongType('advice', 'a string', advice);
    if (adviceNumber(advice) < 0) throw new MmapError('invalid-argument', `unknown advice: ${advice}`);
    const { from, count } = this.#extent(offset, length);
    this.#open().advise(from, count, advice);
  }

  populate(offset?: number | bigint, length?: number | bigint): void {
    const { from, count } = this.#extent(offset, length);
    this.#open().populate(from, count);
  }

  resident(offset?: number | bigint, length?: number | bigint): number {
    const { from, count } = this.#extent(offset, length);
    return this.#open().resident(from, count);
  }

  mlock(): void {
    this.#open().mlock();
  }

  munlock(): void {
    this.#open().munlock();
  }

  // Like an array: see ByteArrayLike.

  at(index: number | bigint): number | undefined {
    // Only a number: the array has other properties too.
    const byte = typeof index === 'number' ? this.#bytes[index] : undefined;
    if (byte !== undefined && this.#faultCount[0] === this.#cleanAt) return byte;
    return this.#byteAt(toIndex(index, 'index'));
  }

  #byteAt(relative: number): number | undefined {
    this.#open();
    const position = relative < 0 ? relative + this.#length : relative;
    if (position < 0 || position >= this.#length) return undefined;
    const byte = this.#direct.at(position);
    this.#bytes = this.#direct.bytes;
    this.#cleanAt = this.#direct.cleanAt;
    return byte;
  }

  #forget(length: number): void {
    this.#direct.forget(length);
    this.#bytes = NO_BYTES;
    this.#cleanAt = UNKNOWN;
  }

  set(source: Bytes | ArrayLike<number>, offset: number | bigint = 0): void {
    const start = toSize(offset, 'offset', 'out-of-range');
    if (isBytes(source)) this.#store(source, start);
    else if (Mmap.#isMapping(source)) this.#store(source.slice(), start);
    else this.#store(isNumbers(source) ? bytesFrom(source) : toBytes(source, 'source'), start);
  }

  slice(start?: number | bigint, end?: number | bigint): OwnBytes {
    const { from, count } = this.#range(start, end);
    return this.#direct.read(from, count);
  }

  /** Start and length of the range that `slice(start, end)` means. */
  #range(start: unknown, end: unknown): Part {
    this.#open();
    const from = toPosition(start, this.#length, 0, 'start');
    const to = toPosition(end, this.#length, this.#length, 'end');
    return { from, count: to > from ? to - from : 0 };
  }

  view(start?: number | bigint, end?: number | bigint): OwnBytes;
  view<T>(start: number | bigint | undefined, end: number | bigint | undefined, type: BytesClass<T>): T;
  view<T>(start?: number | bigint, end?: number | bigint, type?: BytesClass<T>): OwnBytes | T {
    if (type !== undefined && typeof type.from !== 'function') wrongType('type', 'a class with from()', type);
    const { from, count } = this.#range(start, end);
    const bytes = this.#open().view(from, count);
    return type === undefined ? bytes : type.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  subarray(start?: number | bigint, end?: number | bigint): OwnBytes {
    return this.view(start, end);
  }

  indexOf(value: number | Bytes, from: number | bigint = 0): number {
    return this.#indexOf(value, from);
  }

  #indexOf(value: number | Bytes, from: number | bigint): number {
    const pattern = toPattern(value, 'value');
    sizeOf(pattern);
    const backend = this.#open();
    return backend.find(pattern, toPosition(from, this.#length, 0, 'from'), this.#length) ?? -1;
  }

  lastIndexOf(value: number | Bytes, from: number | bigint = Infinity): number {
    const pattern = toPattern(value, 'value');
    const size = sizeOf(pattern);
    const index = toIndex(from, 'from');
    const backend = this.#open();
    const last = index < 0 ? index + this.#length : min(index, this.#length);
    return last < 0 ? -1 : (backend.rfind(pattern, 0, min(last + size, this.#length)) ?? -1);
  }

  includes(value: number | Bytes, from: number | bigint = 0): boolean {
    return this.#indexOf(value, from) >= 0;
  }

  fill(value: number, start?: number | bigint, end?: number | bigint): this {
    const byte = toByte(value, 'value');
    const { from, count } = this.#range(start, end);
    this.#writable();
    this.#direct.fill(byte, from, count);
    return this;
  }

  copyWithin(target: number | bigint, start: number | bigint, end?: number | bigint): this {
    const { from, count } = this.#range(start, end);
    const to = toPosition(target, this.#length, 0, 'target');
    this.#writable().move(to, from, min(count, this.#length - to));
    return this;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    this.#open();
    for (let index = 0; index < this.length; index += 1) yield this.at(index) as number;
  }
}
