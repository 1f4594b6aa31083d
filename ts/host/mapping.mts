/** The interface `wasi-mmap:mmap/mapping` for guests that jco has transpiled. */
import { dispose } from '../disposable.js';
import type * as BindingsP3 from '../bindings-p3/interfaces/wasi-mmap-mmap-mapping.js';
import type * as Bindings from '../bindings/interfaces/wasi-mmap-mmap-mapping.js';
import { MmapError } from '../errors.js';
import {
  ALL_RIGHTS,
  NativeSpan,
  NO_FILE,
  openAccess,
  openPosix,
  type NativeBackend,
  type Rights,
} from '../node/native.js';
import { withFile, type File } from './file.mjs';
import { REP, repOf, Reps, type Table } from './handles.mjs';
import { currentBudget, longestSearch } from './limits.mjs';
import { countError, done, held } from './metrics.mjs';

/** The longest list that a guest with 32-bit memory could hold. */
const MAX_LIST_LENGTH = 2 ** 32 - 1;
/** The longest list that bindings copy, which needs its memory twice. */
const MAX_COPY_LENGTH = 2 ** 30;
const NO_BYTES = new Uint8Array(0);
/** Guests hold their mappings. A mapping that a guest loses without dropping it is garbage: then its rep is released. */
const reps = new Reps<WeakRef<Mapping>>();
const collected = new FinalizationRegistry((part: Part) => forget(part));

/** What a mapping takes of the host. It outlives the mapping's object. */
interface Part {
  readonly rep: number;
  /** In bytes. */
  length: number;
}

function forget({ rep, length }: Part): void {
  reps.release(rep);
  held.mappings.drop(length);
}

/** The mapping of a guest's handle. A handle that the guest does not hold is a TypeError, and so a trap. */
export function lookUp(table: Readonly<Table>, handle: number): Mapping {
  const mapping = reps.get(repOf(table, handle))?.deref();
  if (!mapping) throw new TypeError(`no mapping has the handle ${handle}`);
  return mapping;
}

/** Runs an operation. jco takes a thrown error-code as the `err` of the result, and any other exception as a trap. */
function operation<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    // oxlint-disable-next-line typescript/only-throw-error -- jco's convention
    throw toErrorCode(error);
  }
}

/** The error-code of an exception, which is counted, or the exception itself if it is no error of the contract. */
export function toErrorCode(error: unknown): unknown {
  if (!(error instanceof MmapError)) return error;
  countError(error.code);
  return error.code;
}

/** The resource. A guest calls its methods, with u64 as bigint. */
export class Mapping implements Bindings.Mapping {
  #open: NativeBackend | undefined;
  readonly #part: Part;

  private constructor(backend: NativeBackend) {
    this.#open = backend;
    this.#part = { rep: reps.take(new WeakRef(this)), length: backend.length() };
    held.mappings.add(this.#part.length);
    collected.register(this, this.#part, this);
    Object.defineProperty(this, REP, { value: this.#part.rep });
  }

  /**
   * Maps a file, or memory without one, within the limits of guests.
   *
   * @internal
   */
  static open(file: File | undefined, openBackend: (fd: number, rights: Rights) => NativeBackend): Mapping {
    const open = (fd: number, rights: Rights): Mapping => new Mapping(charge(openBackend(fd, rights)));
    return operation(() => (file === undefined ? open(NO_FILE, ALL_RIGHTS) : withFile(file, open)));
  }

  get #backend(): NativeBackend {
    if (!this.#open) throw new TypeError('the mapping was dropped');
    return this.#open;
  }

  /** Attaches pages to memory of the caller. @internal */
  attach(offset: bigint, region: Uint8Array): NativeSpan {
    return new NativeSpan(this.#backend, offset, region);
  }

  /** Copies into memory of the caller. @internal */
  readInto(offset: number, target: Uint8Array): void {
    this.#backend.readInto(offset, target);
    done.bytesRead += target.length;
  }

  /** Copies from memory of the caller. @internal */
  writeFrom(offset: bigint, source: Uint8Array): void {
    this.#backend.write(offset, source);
    done.bytesWritten += source.length;
  }

  /** Finds bytes of the caller's memory, or traps at the limit of a search. @internal */
  searchForward(needle: Uint8Array, start: bigint, end: bigint): number | undefined {
    const most = this.#window(needle, start, end);
    const stop = most === undefined ? end : start + most;
    const found = this.#backend.find(needle, start, stop);
    this.#countStepped(Number(start), found ?? Number(stop));
    return found ?? (most === undefined ? undefined : refuseSearch());
  }

  /** @internal */
  searchBackward(needle: Uint8Array, start: bigint, end: bigint): number | undefined {
    const most = this.#window(needle, start, end);
    const last = BigInt(this.#part.length);
    const begin = most === undefined ? start : (end < last ? end : last) - most;
    const found = this.#backend.rfind(needle, begin, end);
    this.#countStepped(found ?? Number(begin), Number(end));
    return found ?? (most === undefined ? undefined : refuseSearch());
  }

  /** Counts the bytes of a range that are in the mapping. */
  #countStepped(start: number, end: number): void {
    done.bytesStepped += Math.max(Math.min(end, this.#part.length) - start, 0);
  }

  /** The number of bytes that a search may look at, if its range is longer: one start position for each byte of the limit. */
  #window(needle: Uint8Array, start: bigint, end: bigint): bigint | undefined {
    const most = longestSearch();
    if (most === Infinity) return undefined;
    const window = BigInt(most + Math.max(needle.length - 1, 0));
    const last = BigInt(this.#part.length);
    return start + window < (end < last ? end : last) ? window : undefined;
  }

  /**
   * Throws if a range may not be read, or does not fit into a list. Sizes are below 2^53, so a u64 that a number cannot hold
   * exactly is out of range anyway. @internal
   */
  requireReadable(offset: number, length: number, limit = MAX_LIST_LENGTH): void {
    const size = this.#part.length;
    if (offset <= size && length <= size - offset) {
      if (length > limit) throw new MmapError('no-memory', 'more than a list can hold');
      return;
    }
    this.#backend.readInto(0, NO_BYTES); // The contract checks the right to read before the range.
    throw new MmapError('out-of-range');
  }

  length(): bigint {
    return BigInt(this.#part.length);
  }

  access(): Bindings.Access {
    return this.#backend.access();
  }

  fileSize(): bigint {
    return operation(() => BigInt(this.#backend.fileSize()));
  }

  read(offset: bigint, length: bigint): Uint8Array {
    return operation(() => {
      this.requireReadable(Number(offset), Number(length), MAX_COPY_LENGTH);
      const bytes = this.#backend.read(Number(offset), Number(length));
      done.bytesRead += bytes.length;
      return bytes;
    });
  }

  write(offset: bigint, bytes: Uint8Array): void {
    operation(() => this.writeFrom(offset, bytes));
  }

  move(destination: bigint, source: bigint, length: bigint): void {
    operation(() => this.#backend.move(destination, source, length));
    done.bytesStepped += Number(length);
  }

  find(needle: Uint8Array, start: bigint, end: bigint): bigint | undefined {
    return toPosition(operation(() => this.searchForward(needle, start, end)));
  }

  rfind(needle: Uint8Array, start: bigint, end: bigint): bigint | undefined {
    return toPosition(operation(() => this.searchBackward(needle, start, end)));
  }

  flush(offset: bigint, length: bigint): void {
    operation(() => this.#backend.flush(offset, length));
  }

  startFlush(offset: bigint, length: bigint): void {
    operation(() => this.#backend.startFlush(offset, length));
  }

  resize(length: bigint): void {
    operation(() => this.#backend.resize(length));
    const before = this.#part.length;
    this.#part.length = this.#backend.length();
    held.mappings.change(this.#part.length - before);
  }

  advise(offset: bigint, length: bigint, advice: Bindings.Advice): void {
    operation(() => this.#backend.advise(offset, length, advice));
  }

  populate(offset: bigint, length: bigint): void {
    operation(() => this.#backend.populate(offset, length));
    done.bytesStepped += Number(length);
  }

  resident(offset: bigint, length: bigint): bigint {
    const resident = operation(() => this.#backend.resident(offset, length));
    done.bytesStepped += Number(length);
    return BigInt(resident);
  }

  mlock(): void {
    operation(() => this.#backend.mlock());
  }

  munlock(): void {
    operation(() => this.#backend.munlock());
  }

  /** Unmaps. jco calls it when the guest drops the resource. */
  [dispose](): void {
    if (collected.unregister(this)) forget(this.#part);
    this.#open?.close();
    this.#open = undefined;
  }
}

/** Charges a new mapping to the budget of guests. */
function charge(backend: NativeBackend): NativeBackend {
  try {
    backend.charge(currentBudget());
    return backend;
  } catch (error) {
    backend.close();
    throw error;
  }
}

/** Not an error of the contract, and so a trap. */
function refuseSearch(): never {
  throw new Error('a search went through as many bytes as the host lets one call');
}

function toPosition(found: number | undefined): bigint | undefined {
  return found === undefined ? undefined : BigInt(found);
}

function mmap(file: File | undefined, length: bigint, access: Bindings.Access, offset: bigint): Mapping {
  return Mapping.open(file, (fd, rights) => openAccess(fd, rights, length, access, offset));
}

function mmapPosix(
  file: File | undefined,
  length: bigint,
  sharing: Bindings.Sharing,
  protection: Bindings.Protection,
  offset: bigint,
): Mapping {
  return Mapping.open(file, (fd, rights) => openPosix(fd, rights, length, sharing, protection, offset));
}

/** The interface of both generations, in the form of jco: `--map 'wasi-mmap:mmap/*=wasi-mmap/host#*'` takes the export of its name. */
export const mapping = { Mapping, mmap, mmapPosix };

// A host that lacks an operation of the contract, or has another type for it, does not compile. The generated class cannot
// be constructed, so this compares its instances.
mapping satisfies Omit<typeof Bindings, 'Mapping' | 'default'> & { Mapping: { prototype: Bindings.Mapping } };
mapping satisfies Omit<typeof BindingsP3, 'Mapping' | 'default'> & { Mapping: { prototype: BindingsP3.Mapping } };
