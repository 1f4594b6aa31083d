import { toByte, toBytes, toIndex, toInteger, toPosition, toSize, wrongType, type Bytes } from './arguments.js';
import { MmapError } from './errors.js';
import { ADVICES, type Access, type Advice, type Floor } from './floor.js';

const NO_BYTES = new Uint8Array(0);
const NO_FAULTS = new Uint32Array(1);
/** No fault count has this value: forces the slow path. */
const UNKNOWN = -1;
const NEWLINE = Uint8Array.of(10);

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
  readonly #faultCount: Uint32Array;
  #floor: Floor | undefined;
  #length: number;
  #cursor = 0;
  /** All bytes, for access without a call; empty until asked for, when closed, and where there is no such thing. */
  #bytes: Uint8Array = NO_BYTES;
  /** The count of faults at which no page of this mapping was lost: only then are `#bytes` what they seem. */
  #cleanAt = UNKNOWN;

  /** @internal Use `mmap()`. */
  constructor(floor: Floor, offset: number) {
    this.#floor = floor;
    this.#access = floor.access();
    this.#length = floor.length();
    this.#offset = offset;
    this.#faultCount = floor.shared?.faultCount ?? NO_FAULTS;
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
    return this.#floor === undefined;
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
    const count = wanted < 0 || wanted > rest ? rest : wanted;
    const result = this.#copy(this.#cursor, count);
    this.#cursor += count;
    return result;
  }

  /** Fills `target` from the cursor on, moves it, and returns how many bytes there were: fewer only at the end. */
  readInto(target: Uint8Array): number {
    if (!(target instanceof Uint8Array)) wrongType('target', 'a Uint8Array', target);
    const floor = this.#open();
    const count = Math.min(target.length, this.#rest());
    if (count === 0) return 0;
    const part = count === target.length ? target : target.subarray(0, count);
    const bytes = this.#direct();
    if (bytes) {
      part.set(bytes.subarray(this.#cursor, this.#cursor + count));
      this.#touched(this.#cursor, count);
    } else {
      floor.readInto(this.#cursor, part);
    }
    this.#cursor += count;
    return count;
  }

  /** The byte at the cursor, which moves on. At the end: `out-of-range`. */
  readByte(): number {
    const byte = this.at(this.#cursor);
    if (byte === undefined) throw new MmapError('out-of-range', 'no byte left to read');
    this.#cursor += 1;
    return byte;
  }

  /** Copies out the bytes from the cursor through the next newline, or to the end; empty at the end. */
  readLine(): Uint8Array {
    const floor = this.#open();
    const found = this.#rest() === 0 ? undefined : floor.find(NEWLINE, this.#cursor, this.#length);
    return this.read(found === undefined ? -1 : found + 1 - this.#cursor);
  }

  /** The lines from the cursor on, each with its newline. */
  *lines(): Generator<Uint8Array, void, undefined> {
    for (let line = this.readLine(); line.length > 0; line = this.readLine()) yield line;
  }

  /** Stores bytes at the cursor, moves it, and returns their number. If they do not fit, `out-of-range`: none is stored. */
  write(bytes: Bytes): number {
    const source = toBytes(bytes, 'bytes');
    this.#store(source, this.#cursor);
    this.#cursor += source.length;
    return source.length;
  }

  /** Stores a byte, a whole number from 0 to 255, at the cursor and moves it. */
  writeByte(value: number): void {
    const byte = toSize(value, 'value', 'invalid-argument');
    if (byte > 255) throw new MmapError('invalid-argument', `${value} is not a byte`);
    this.write(Uint8Array.of(byte));
  }

  /**
   * Moves the cursor to `offset` from the start (`whence` 0), from itself (1) or from the end (2) and returns where it
   * is. Outside 0..length: `out-of-range`.
   */
  seek(offset: number | bigint, whence = 0): number {
    const distance = toInteger(offset, 'offset', 'out-of-range');
    this.#open();
    const from = [0, this.#cursor, this.#length][toInteger(whence, 'whence', 'invalid-argument')];
    if (from === undefined) throw new MmapError('invalid-argument', `whence is ${whence}, not 0, 1 or 2`);
    const target = from + distance;
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
    this.#open().flush(start, count ?? Math.max(this.#length - start, 0));
  }

  /**
   * Sets the size of the mapping and of the file, which then ends where the mapping does. Only with access `write`,
   * and not to 0. The cursor stays. Views that were taken before keep their size and the pages they had. On Windows a
   * file that gets shorter is `busy` while anybody else maps it, or has a view of it that is not garbage yet.
   */
  resize(length: number | bigint): void {
    const size = toSize(length, 'length', 'invalid-argument');
    const floor = this.#open();
    this.#bytes = NO_BYTES; // Also where it fails: Windows has to unmap a file before it refuses to cut it.
    this.#cleanAt = UNKNOWN;
    floor.resize(size);
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
    const floor = this.#open();
    return floor.find(pattern, this.#searchStart(start, this.#cursor), this.#searchEnd(end)) ?? -1;
  }

  /** The last position in `start..end` (defaults as for {@link find}) where the needle lies, or -1. */
  rfind(needle: Bytes, start?: number | bigint, end?: number | bigint): number {
    const pattern = toBytes(needle, 'needle');
    const floor = this.#open();
    return floor.rfind(pattern, this.#searchStart(start, this.#cursor), this.#searchEnd(end)) ?? -1;
  }

  /** Says how a range (default: all) will be used. It changes speed, never what is read or stored. */
  advise(advice: Advice, offset: number | bigint = 0, length?: number | bigint): void {
    if (typeof advice !== 'string') wrongType('advice', 'a string', advice);
    if (!ADVICES.includes(advice)) throw new MmapError('invalid-argument', `unknown advice: ${advice}`);
    const start = toSize(offset, 'offset', 'out-of-range');
    const count = length === undefined ? undefined : toSize(length, 'length', 'out-of-range');
    this.#open().advise(start, count ?? Math.max(this.#length - start, 0), advice);
  }

  /**
   * Unmaps; a second call does nothing. Pages that a {@link view} shows stay mapped until it is garbage: JavaScript or
   * background work, such as zlib's, may be about to use it. All others go at once.
   */
  close(): void {
    const floor = this.#floor;
    if (!floor) return;
    this.#floor = undefined;
    this.#bytes = NO_BYTES;
    this.#cleanAt = UNKNOWN;
    floor.close();
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  // Like an array.

  /** The byte at an index, negative from the end; undefined outside. */
  at(index: number | bigint): number | undefined {
    const byte = this.#bytes[index as number]; // Anything but an index inside gives undefined.
    if (byte !== undefined && this.#faultCount[0] === this.#cleanAt) return byte;
    return this.#byteAt(index);
  }

  #byteAt(index: number | bigint): number | undefined {
    const relative = toIndex(index, 'index');
    const floor = this.#open();
    const position = relative < 0 ? relative + this.#length : relative;
    if (position < 0 || position >= this.#length) return undefined;
    const bytes = this.#direct();
    if (!bytes) return floor.read(position, 1)[0];
    const byte = bytes[position];
    this.#touched(position, 1);
    return byte;
  }

  /** Stores bytes, or an array of numbers modulo 256, at `offset`. If they do not fit, `out-of-range`: none is stored. */
  set(source: Bytes | ArrayLike<number>, offset: number | bigint = 0): void {
    const start = toSize(offset, 'offset', 'out-of-range');
    this.#store(this.#isNumbers(source) ? Uint8Array.from(source) : toBytes(source, 'source'), start);
  }

  /** Copies out the bytes from `start` to `end`; negative indices count from the end. */
  slice(start?: number | bigint, end?: number | bigint): Uint8Array {
    const [from, count] = this.#range(start, end);
    return this.#copy(from, count);
  }

  /**
   * The bytes from `start` to `end` themselves, without a copy; negative indices count from the end.
   *
   * With access `write` a store reaches the file, with `copy` and `read` it stays private (with `read` the mapping does
   * not see it either). A page that the file no longer has reads as zeros there. A view stays what it is after
   * {@link close} and {@link resize}, until it is garbage, and cannot be transferred to another thread.
   *
   * @throws {MmapError} `unsupported` if it would be larger than the engine allows (4 GiB): take windows instead.
   */
  view(start?: number | bigint, end?: number | bigint): Uint8Array {
    const [from, count] = this.#range(start, end);
    return this.#open().view(from, count);
  }

  /** The same as {@link view}, under TypedArray's name. */
  subarray(start?: number | bigint, end?: number | bigint): Uint8Array {
    return this.view(start, end);
  }

  /** The first position of a byte or of a run of bytes, from `from` (default 0) on, or -1. */
  indexOf(value: number | Bytes, from: number | bigint = 0): number {
    const pattern = typeof value === 'number' ? Uint8Array.of(toByte(value, 'value')) : toBytes(value, 'value');
    const floor = this.#open();
    return floor.find(pattern, toPosition(from, this.#length, 0, 'from'), this.#length) ?? -1;
  }

  /** The last position of a byte or of a run of bytes that begins at or before `from` (default: the end), or -1. */
  lastIndexOf(value: number | Bytes, from: number | bigint = Infinity): number {
    const pattern = typeof value === 'number' ? Uint8Array.of(toByte(value, 'value')) : toBytes(value, 'value');
    const index = toIndex(from, 'from');
    const floor = this.#open();
    const last = index < 0 ? index + this.#length : Math.min(index, this.#length);
    return last < 0 ? -1 : (floor.rfind(pattern, 0, Math.min(last + pattern.length, this.#length)) ?? -1);
  }

  /** Whether a byte or a run of bytes stands at or behind `from`. */
  includes(value: number | Bytes, from: number | bigint = 0): boolean {
    return this.indexOf(value, from) >= 0;
  }

  /** Sets the bytes from `start` to `end` to a number modulo 256. */
  fill(value: number, start?: number | bigint, end?: number | bigint): this {
    const byte = toByte(value, 'value');
    const [from, count] = this.#range(start, end);
    const floor = this.#writable();
    const bytes = this.#direct();
    if (bytes) {
      bytes.fill(byte, from, from + count);
      this.#touched(from, count);
      return this;
    }
    const block = new Uint8Array(Math.min(count, 1 << 20)).fill(byte);
    for (let done = 0; done < count; done += block.length) {
      floor.write(from + done, block.subarray(0, Math.min(block.length, count - done)));
    }
    return this;
  }

  /** Copies the bytes from `start` to `end` to `target`, as far as they fit; the ranges may overlap. */
  copyWithin(target: number | bigint, start: number | bigint, end?: number | bigint): this {
    const [from, count] = this.#range(start, end);
    const to = toPosition(target, this.#length, 0, 'target');
    this.#writable().move(to, from, Math.min(count, this.#length - to));
    return this;
  }

  /** The bytes from the first to the last. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let index = 0; index < this.length; index += 1) yield this.at(index) as number;
  }

  /** Like Python's `repr`: access, length, cursor and offset, or that it is closed. */
  toString(): string {
    if (this.closed) return 'Mmap { closed: true }';
    return `Mmap { access: '${this.#access}', length: ${this.#length}, position: ${this.#cursor}, offset: ${this.#offset} }`;
  }

  /** @internal What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  // Below: everything converts its arguments first and looks at the mapping afterwards, for a conversion may run
  // code of the caller, which may close or resize it.

  #open(): Floor {
    if (!this.#floor) throw new MmapError('closed');
    return this.#floor;
  }

  #writable(): Floor {
    const floor = this.#open();
    if (this.#access === 'read') throw new MmapError('read-only');
    return floor;
  }

  #rest(): number {
    return Math.max(this.#length - this.#cursor, 0);
  }

  /** Start and length of what `slice(start, end)` means. */
  #range(start: unknown, end: unknown): [number, number] {
    this.#open();
    const from = toPosition(start, this.#length, 0, 'start');
    const to = toPosition(end, this.#length, this.#length, 'end');
    return [from, Math.max(to - from, 0)];
  }

  /** Python's rule for where a search starts; past the end is told from the end. */
  #searchStart(value: unknown, absent: number): number {
    if (value === undefined) return absent;
    const index = toIndex(value, 'start');
    return index < 0 ? Math.max(index + this.#length, 0) : Math.min(index, this.#length + 1);
  }

  #searchEnd(value: unknown): number {
    return toPosition(value, this.#length, this.#length, 'end');
  }

  /** All bytes if they can be touched without a call just now: no page of the mapping is lost. */
  #direct(): Uint8Array | undefined {
    const count = this.#faultCount[0] as number;
    if (count === this.#cleanAt) return this.#bytes;
    const shared = this.#open().shared;
    if (!shared?.clean()) {
      this.#cleanAt = UNKNOWN;
      return undefined;
    }
    if (this.#bytes.length === 0) {
      const bytes = shared.bytes();
      if (!bytes) return undefined;
      this.#bytes = bytes;
    }
    this.#cleanAt = count;
    return this.#bytes;
  }

  /** After direct access to a range: a fault anywhere since asks whether it was there. */
  #touched(offset: number, length: number): void {
    if (this.#faultCount[0] !== this.#cleanAt) this.#floor?.shared?.check(offset, length);
  }

  #copy(offset: number, length: number): Uint8Array {
    if (length === 0) return new Uint8Array(0); // The cursor may lie past the end.
    try {
      const bytes = this.#direct();
      if (!bytes) return this.#open().read(offset, length);
      const result = bytes.slice(offset, offset + length);
      this.#touched(offset, length);
      return result;
    } catch (error) {
      // The engine cannot allocate so much.
      throw error instanceof RangeError ? new MmapError('no-memory', `no memory for ${length} bytes`) : error;
    }
  }

  #store(source: Uint8Array, offset: number): void {
    const floor = this.#writable();
    const bytes = this.#direct();
    if (!bytes) return floor.write(offset, source);
    if (offset > this.#length || source.length > this.#length - offset) {
      throw new MmapError('out-of-range', 'the bytes do not fit');
    }
    bytes.set(source, offset);
    this.#touched(offset, source.length);
  }

  #isNumbers(source: unknown): source is ArrayLike<number> {
    if (typeof source !== 'object' || source === null) return false;
    if (source instanceof Uint8Array || source instanceof DataView) return false;
    return ArrayBuffer.isView(source) || 'length' in source;
  }
}
