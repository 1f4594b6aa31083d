/** The contract's resource as a backend of {@link Mmap}: in a guest, and over the polyfill. */
import { dispose } from './disposable.js';
import type * as Bindings from './bindings/interfaces/wasi-mmap-mmap-mapping.js';
import { MmapError } from './errors.js';
import type { Access, Advice, Backend } from './backend.js';
import { Bytes, bytesOfView, lengthOf, min, partOfBytes, setBytes } from './intrinsics.js';
import { findLong } from './long-needle.js';

/**
 * The longest list that a call passes, in bytes. Hosts charge for lists (wasmtime traps past 128 MiB by default), and the
 * component model limits them. Longer ranges go in pieces, the last one first: the host refuses a range that reaches too
 * far before anything has changed.
 */
const LONGEST_LIST = 2 ** 24;

/** Calls the bindings. They throw an `err` as an exception with the error-code as its payload. */
export function callBindings<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = (error as { payload?: unknown } | null)?.payload ?? error;
    throw typeof code === 'string' ? new MmapError(code as Bindings.ErrorCode) : error;
  }
}

function toNumber(position: bigint | undefined): number | undefined {
  return position === undefined ? undefined : Number(position);
}

/** A mapping of the bindings. */
export class ResourceBackend implements Backend {
  readonly #resource: Bindings.Mapping;

  constructor(resource: Bindings.Mapping) {
    this.#resource = resource;
  }

  length(): number {
    return Number(this.#resource.length());
  }

  access(): Access {
    return this.#resource.access();
  }

  fileSize(): number {
    return Number(callBindings(() => this.#resource.fileSize()));
  }

  #readList(offset: number, length: number): Uint8Array {
    const bytes = callBindings(() => this.#resource.read(BigInt(offset), BigInt(length)));
    // componentize-js makes lists in another realm, where they are no Uint8Array of the program's.
    return Object.getPrototypeOf(bytes) === Uint8Array.prototype ? bytes : bytesOfView(bytes);
  }

  read(offset: number, length: number): Uint8Array {
    const rest = length - LONGEST_LIST;
    if (rest <= 0) return this.#readList(offset, length);
    const last = this.#readList(offset + rest, LONGEST_LIST);
    const bytes = new Bytes(length);
    setBytes(bytes, last, rest);
    for (let at = 0; at < rest; at += LONGEST_LIST) {
      setBytes(bytes, this.#readList(offset + at, min(LONGEST_LIST, rest - at)), at);
    }
    return bytes;
  }

  readInto(offset: number, target: Uint8Array): void {
    setBytes(target, this.read(offset, lengthOf(target)));
  }

  // An array of a caller can have a length and methods of its own: the bindings get a plain one.

  #writeList(offset: number, bytes: Uint8Array): void {
    callBindings(() => this.#resource.write(BigInt(offset), bytes));
  }

  write(offset: number, bytes: Uint8Array): void {
    const rest = lengthOf(bytes) - LONGEST_LIST;
    if (rest <= 0) return this.#writeList(offset, bytesOfView(bytes));
    this.#writeList(offset + rest, partOfBytes(bytes, rest, LONGEST_LIST));
    for (let at = 0; at < rest; at += LONGEST_LIST) {
      this.#writeList(offset + at, partOfBytes(bytes, at, min(LONGEST_LIST, rest - at)));
    }
  }

  move(destination: number, source: number, length: number): void {
    callBindings(() => this.#resource.move(BigInt(destination), BigInt(source), BigInt(length)));
  }

  #search(needle: Uint8Array, start: number, end: number, isBackward: boolean): number | undefined {
    const bytes = bytesOfView(needle);
    const findList = (list: Uint8Array, from: number): number | undefined => {
      const [first, last] = [BigInt(from), BigInt(end)];
      return toNumber(
        callBindings(() =>
          isBackward ? this.#resource.rfind(list, first, last) : this.#resource.find(list, first, last),
        ),
      );
    };
    const length = lengthOf(bytes);
    if (length <= LONGEST_LIST) return findList(bytes, start);
    // The host finds the first place where the needle can be. In too short a range it still checks the rights.
    const stop = min(end, this.length());
    const piece = partOfBytes(bytes, isBackward ? length - LONGEST_LIST : 0, LONGEST_LIST);
    const first = findList(piece, stop - start < length ? end : start);
    if (first === undefined) return undefined;
    const [from, to] = isBackward ? [start, first + LONGEST_LIST] : [first, stop];
    return findLong((offset, count) => this.#readList(offset, count), bytes, from, to, isBackward);
  }

  find(needle: Uint8Array, start: number, end: number): number | undefined {
    return this.#search(needle, start, end, false);
  }

  rfind(needle: Uint8Array, start: number, end: number): number | undefined {
    return this.#search(needle, start, end, true);
  }

  flush(offset: number, length: number): void {
    callBindings(() => this.#resource.flush(BigInt(offset), BigInt(length)));
  }

  startFlush(offset: number, length: number): void {
    callBindings(() => this.#resource.startFlush(BigInt(offset), BigInt(length)));
  }

  resize(length: number): void {
    callBindings(() => this.#resource.resize(BigInt(length)));
  }

  advise(offset: number, length: number, advice: Advice): void {
    callBindings(() => this.#resource.advise(BigInt(offset), BigInt(length), advice));
  }

  populate(offset: number, length: number): void {
    callBindings(() => this.#resource.populate(BigInt(offset), BigInt(length)));
  }

  resident(offset: number, length: number): number {
    return Number(callBindings(() => this.#resource.resident(BigInt(offset), BigInt(length))));
  }

  mlock(): void {
    callBindings(() => this.#resource.mlock());
  }

  munlock(): void {
    callBindings(() => this.#resource.munlock());
  }

  view(): never {
    throw new MmapError('unsupported', 'the bytes are in the memory of the host: use slice()');
  }

  close(): void {
    (this.#resource as Partial<Disposable>)[dispose]?.();
  }
}
