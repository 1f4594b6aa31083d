/** The pages of a mapping as memory of JavaScript, for {@link Mmap} alone. */
import { MmapError } from './errors.js';
import type { SharedMemory } from './backend.js';
import { bufferOf, Bytes, fillBytes, lengthOf, min, secretBytes, setBytes, sliceBytes } from './intrinsics.js';

/** Of the same shape as what it stands for. */
const NO_BUFFER = new ArrayBuffer(0);
const NO_BYTES = secretBytes(NO_BUFFER);
const NO_FAULTS = new Uint32Array(1);
/** No fault count has this value: forces the slow path. */
const UNKNOWN = -1;
/** Up to this length a loop is the fastest copy. */
const SHORT = 8;

/** How many accesses are calls before the memory itself is asked for, which costs the more the larger it is. */
const patienceFor = (length: number): number => min(16 + length / 65_536, 8192);

/**
 * All bytes of a mapping, for access without a call: once they are worth it, and while none of its pages is lost.
 *
 * They go with the mapping, so nobody may have them. But for indices, only the functions of `intrinsics.ts` touch them, and
 * between {@link ready} and that no code of a caller runs.
 */
export class Direct {
  readonly #shared: SharedMemory | undefined;
  /** Counts the lost pages that anything in the process ran into. */
  readonly faultCount: Uint32Array;
  /** The count at which no page of this mapping was lost: only then are the bytes what they seem. */
  cleanAt = UNKNOWN;
  /** Empty until asked for, when closed, and where there is no such thing. */
  bytes: Uint8Array = NO_BYTES;
  /** Of the bytes, which begin with it. */
  #buffer: ArrayBuffer = NO_BUFFER;
  #patience: number;

  constructor(shared: SharedMemory | undefined, length: number) {
    this.#shared = shared;
    this.faultCount = shared?.faultCount ?? NO_FAULTS;
    this.#patience = patienceFor(length);
  }

  /** Whether the bytes can be touched just now. */
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

  /** Before the pages go, to have others of this length. */
  forget(length: number): void {
    this.bytes = NO_BYTES;
    this.#buffer = NO_BUFFER;
    this.cleanAt = UNKNOWN;
    this.#patience = patienceFor(length);
  }

  /** The byte at a position, and whether it was lost: where there is any shared memory. */
  at(position: number): number | undefined {
    if (!this.#shared) return undefined;
    if (!this.ready()) return this.#shared.byteAt(position);
    const byte = this.bytes[position];
    this.#touched(position, 1);
    return byte;
  }

  // The following need `ready()`.

  copy(offset: number, length: number): Uint8Array {
    const result = length > SHORT ? sliceBytes(this.bytes, offset, offset + length) : this.#copyShort(offset, length);
    this.#touched(offset, length);
    return result;
  }

  #copyShort(offset: number, length: number): Uint8Array {
    const { bytes } = this;
    const result = new Bytes(length);
    for (let index = 0; index < length; index += 1) result[index] = bytes[offset + index] as number;
    return result;
  }

  copyTo(target: Uint8Array, offset: number, length: number): void {
    setBytes(target, new Bytes(this.#buffer, offset, length));
    this.#touched(offset, length);
  }

  store(source: Uint8Array, offset: number): void {
    try {
      setBytes(this.bytes, source, offset);
    } catch (error) {
      throw error instanceof RangeError ? new MmapError('out-of-range', 'the bytes do not fit') : error;
    }
    if (this.faultCount[0] !== this.cleanAt) this.#shared?.check(offset, lengthOf(source));
  }

  fill(byte: number, offset: number, length: number): void {
    fillBytes(this.bytes, byte, offset, offset + length);
    this.#touched(offset, length);
  }

  /** After an access to a range: a fault anywhere since asks whether it was there. */
  #touched(offset: number, length: number): void {
    if (this.faultCount[0] !== this.cleanAt) this.#shared?.check(offset, length);
  }
}
