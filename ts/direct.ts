/** The data of a mapping for {@link Mmap}: directly from the pages where that pays, else by calls of the backend. */
import { sizeOf } from './arguments.js';
import type { Backend, OwnBytes, SharedMemory } from './backend.js';
import { isRangeError, MmapError } from './errors.js';
import { bufferOf, Bytes, fillBytes, lengthOf, min, secretBytes, setBytes, sliceBytes } from './intrinsics.js';

/** Placeholders of the same shape as the bytes of a mapping. */
const NO_BUFFER = new ArrayBuffer(0);
export const NO_BYTES = secretBytes(NO_BUFFER);
const NO_FAULTS = new Uint32Array(1);
/** No fault count has this value: it forces the slow path. */
export const UNKNOWN = -1;
/** Up to this length, in bytes, a loop is the fastest copy. */
const SHORT = 8;
/** The block in which memory is filled by calls. */
const FILL_LENGTH = 1 << 20;

/** The number of accesses by calls before the pages are requested, which costs more for more pages. */
const patienceFor = (length: number): number => min(16 + length / 65_536, 8192);

/**
 * All bytes of a mapping, for access without a call: after some accesses, and while no page of the mapping is lost.
 *
 * The bytes end with the mapping, so no other code may hold them. Apart from indices, only the functions of
 * `intrinsics.ts` access them, and no code of a caller runs between {@link ready} and the access.
 */
export class Direct {
  readonly #backend: Backend;
  readonly #shared: SharedMemory | undefined;
  /** Counts the lost pages that any code in the process accessed. */
  readonly faultCount: Uint32Array;
  /** The fault count at which no page of this mapping was lost: the bytes are valid while the count is the same. */
  cleanAt = UNKNOWN;
  /** Empty until requested, after close, and where there is no shared memory. */
  bytes: Uint8Array = NO_BYTES;
  /** The buffer of the bytes. They begin at its start. */
  #buffer: ArrayBuffer = NO_BUFFER;
  #patience: number;

  constructor(backend: Backend, length: number) {
    this.#backend = backend;
    this.#shared = backend.shared;
    this.faultCount = backend.shared?.faultCount ?? NO_FAULTS;
    this.#patience = patienceFor(length);
  }

  /** Whether the bytes can be accessed now. */
  ready(): boolean {
    return this.faultCount[0] === this.cleanAt || this.#prepare();
  }

  #prepare(): boolean {
    const count = this.faultCount[0] as number;
    if (!this.#shared) return false;
    if (this.bytes === NO_BYTES && this.#patience > 0) {
      this.#patience -= 1;
      return false;
    }
    this.cleanAt = UNKNOWN;
    if (!this.#shared.clean()) return false;
    if (this.bytes === NO_BYTES) {
      const bytes = this.#shared.bytes();
      if (!bytes) return false;
      this.bytes = bytes;
      this.#buffer = bufferOf(bytes);
    }
    this.cleanAt = count;
    return true;
  }

  /** Drops the bytes, before the mapping unmaps its pages and maps others of this length. */
  forget(length: number): void {
    this.bytes = NO_BYTES;
    this.#buffer = NO_BUFFER;
    this.cleanAt = UNKNOWN;
    this.#patience = patienceFor(length);
  }

  // The following take ranges inside the mapping, except for `write`, and throw as the backend does.

  at(position: number): number {
    if (!this.ready()) {
      return this.#shared ? this.#shared.byteAt(position) : (this.#backend.read(position, 1)[0] as number);
    }
    const byte = this.bytes[position] as number;
    this.#check(position, 1);
    return byte;
  }

  read(offset: number, length: number): OwnBytes {
    if (length === 0) return new Bytes(0); // The offset may lie past the end.
    try {
      return this.ready() ? this.#copy(offset, length) : (this.#backend.read(offset, length) as OwnBytes);
    } catch (error) {
      // The engine cannot allocate the array.
      throw isRangeError(error) ? new MmapError('no-memory', `no memory for ${length} bytes`) : error;
    }
  }

  #copy(offset: number, length: number): OwnBytes {
    const result = length > SHORT ? sliceBytes(this.bytes, offset, offset + length) : this.#copyShort(offset, length);
    this.#check(offset, length);
    return result;
  }

  #copyShort(offset: number, length: number): OwnBytes {
    const { bytes } = this;
    const result = new Bytes(length);
    for (let index = 0; index < length; index += 1) result[index] = bytes[offset + index] as number;
    return result;
  }

  /** Copies `length` bytes to the start of `target`, which has `size` bytes. */
  readInto(target: Uint8Array, size: number, offset: number, length: number): void {
    if (this.ready()) {
      setBytes(target, new Bytes(this.#buffer, offset, length));
      this.#check(offset, length);
    } else if (length === size) {
      this.#backend.readInto(offset, target);
    } else {
      setBytes(target, this.#backend.read(offset, length));
    }
  }

  write(source: Uint8Array, offset: number): void {
    if (!this.ready()) {
      sizeOf(source);
      this.#backend.write(offset, source);
      return;
    }
    try {
      setBytes(this.bytes, source, offset);
    } catch (error) {
      throw isRangeError(error) ? new MmapError('out-of-range', 'the bytes do not fit') : error;
    }
    if (this.faultCount[0] !== this.cleanAt) this.#shared?.check(offset, lengthOf(source));
  }

  fill(byte: number, offset: number, length: number): void {
    if (this.ready()) {
      fillBytes(this.bytes, byte, offset, offset + length);
      this.#check(offset, length);
      return;
    }
    const buffer = new ArrayBuffer(min(length, FILL_LENGTH));
    fillBytes(new Bytes(buffer), byte, 0, FILL_LENGTH);
    for (let done = 0; done < length; done += FILL_LENGTH) {
      this.#backend.write(offset + done, new Bytes(buffer, 0, min(FILL_LENGTH, length - done)));
    }
  }

  /** After an access: if there was a fault anywhere, asks whether it was in this range. */
  #check(offset: number, length: number): void {
    if (this.faultCount[0] !== this.cleanAt) this.#shared?.check(offset, length);
  }
}
