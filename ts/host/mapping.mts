/** The interface `wasi-mmap:mmap/mapping` for guests that jco has transpiled. */
import type * as Contract from '../contract/interfaces/wasi-mmap-mmap-mapping.js';
import { MmapError } from '../errors.js';
import { NO_FILE, openNative, SpanFloor, type NativeFloor } from '../node/native.js';
import { constants, needsWrite, type Request } from '../request.js';
import { withFile } from './descriptor.mjs';
import { REP, repOf, Reps, type Table } from './handles.mjs';
import { currentBudget, longestSearch } from './limits.mjs';

/** The longest list that a guest with 32-bit memory could hold. */
const MAX_LIST_LENGTH = 2 ** 32 - 1;
/** The longest list that is copied on the way: it is held twice. */
const MAX_COPY_LENGTH = 2 ** 30;
const NO_BYTES = new Uint8Array(0);
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');

/** Guests hold their mappings; what they lose without dropping it is garbage, and so is the rep. */
const reps = new Reps<WeakRef<Mapping>>();
const collected = new FinalizationRegistry((rep: number) => reps.release(rep));

/** The mapping behind a handle of a guest's. A handle that the guest does not hold is a TypeError, and so a trap. */
export function lookUp(table: Readonly<Table>, handle: number): Mapping {
  const mapping = reps.get(repOf(table, handle))?.deref();
  if (!mapping) throw new TypeError(`no mapping has the handle ${handle}`);
  return mapping;
}

/** Runs an operation; jco takes a thrown error-code for the `err` of the result, and anything else for a trap. */
function operation<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    // oxlint-disable-next-line typescript/only-throw-error -- jco's convention
    throw toErrorCode(error);
  }
}

/** The error-code of what an operation threw, or what it threw if that is no error of the contract. */
export function toErrorCode(error: unknown): unknown {
  return error instanceof MmapError ? error.code : error;
}

/** The resource. Its methods are what a guest calls, with u64 as bigint. */
export class Mapping implements Contract.Mapping {
  #open: NativeFloor | undefined;
  #length: number;
  readonly #rep: number;

  private constructor(floor: NativeFloor) {
    this.#open = floor;
    this.#length = floor.length();
    this.#rep = reps.take(new WeakRef(this));
    collected.register(this, this.#rep, this);
    Object.defineProperty(this, REP, { value: this.#rep });
  }

  /** @internal */
  static open(file: Contract.Descriptor | undefined, length: bigint, request: Request, offset: bigint): Mapping {
    return operation(() =>
      file === undefined
        ? new Mapping(openCharged(NO_FILE, length, offset, request))
        : withFile(file, needsWrite(request), (fd) => new Mapping(openCharged(fd, length, offset, request))),
    );
  }

  get #floor(): NativeFloor {
    if (!this.#open) throw new TypeError('the mapping was dropped');
    return this.#open;
  }

  /** Puts pages under memory of the caller's. @internal */
  attach(offset: bigint, region: Uint8Array): SpanFloor {
    return new SpanFloor(this.#floor, offset, region);
  }

  /** Copies into memory of the caller's. @internal */
  readInto(offset: number, target: Uint8Array): void {
    this.#floor.readInto(offset, target);
  }

  /** Copies out of memory of the caller's. @internal */
  writeFrom(offset: bigint, source: Uint8Array): void {
    this.#floor.write(offset, source);
  }

  /** Finds bytes of the caller's memory. @internal */
  searchForward(needle: Uint8Array, start: bigint, end: bigint): number | undefined {
    const most = this.#window(needle, start, end);
    if (most === undefined) return this.#floor.find(needle, start, end);
    return this.#floor.find(needle, start, start + most) ?? refuseSearch();
  }

  /** @internal */
  searchBackward(needle: Uint8Array, start: bigint, end: bigint): number | undefined {
    const most = this.#window(needle, start, end);
    if (most === undefined) return this.#floor.rfind(needle, start, end);
    const last = BigInt(this.#length);
    return this.#floor.rfind(needle, (end < last ? end : last) - most, end) ?? refuseSearch();
  }

  /** How many bytes a search may look at, if that is less than what it wants to: a place for each byte that it may go through. */
  #window(needle: Uint8Array, start: bigint, end: bigint): bigint | undefined {
    const most = longestSearch();
    if (most === Infinity) return undefined;
    const window = BigInt(most + Math.max(needle.length - 1, 0));
    const last = BigInt(this.#length);
    return start + window < (end < last ? end : last) ? window : undefined;
  }

  /**
   * Throws if a range may not be read, or cannot be held in a list. Sizes are below 2^53, so that numbers are exact
   * where it counts: a u64 that a number only comes near to is out of range in any case. @internal
   */
  requireReadable(offset: number, length: number, limit = MAX_LIST_LENGTH): void {
    const size = this.#length;
    if (offset <= size && length <= size - offset) {
      if (length > limit) throw new MmapError('no-memory', 'more than a list can hold');
      return;
    }
    this.#floor.readInto(0, NO_BYTES); // The right to read comes before the range.
    throw new MmapError('out-of-range');
  }

  length(): bigint {
    return BigInt(this.#length);
  }

  access(): Contract.Access {
    return this.#floor.access();
  }

  fileSize(): bigint {
    return operation(() => BigInt(this.#floor.fileSize()));
  }

  read(offset: bigint, length: bigint): Uint8Array {
    return operation(() => {
      this.requireReadable(Number(offset), Number(length), MAX_COPY_LENGTH);
      return this.#floor.read(Number(offset), Number(length));
    });
  }

  write(offset: bigint, bytes: Uint8Array): void {
    operation(() => this.writeFrom(offset, bytes));
  }

  move(destination: bigint, source: bigint, length: bigint): void {
    operation(() => this.#floor.move(destination, source, length));
  }

  find(needle: Uint8Array, start: bigint, end: bigint): bigint | undefined {
    return toPosition(operation(() => this.searchForward(needle, start, end)));
  }

  rfind(needle: Uint8Array, start: bigint, end: bigint): bigint | undefined {
    return toPosition(operation(() => this.searchBackward(needle, start, end)));
  }

  flush(offset: bigint, length: bigint): void {
    operation(() => this.#floor.flush(offset, length));
  }

  resize(length: bigint): void {
    operation(() => this.#floor.resize(length));
    this.#length = this.#floor.length();
  }

  advise(offset: bigint, length: bigint, advice: Contract.Advice): void {
    operation(() => this.#floor.advise(offset, length, advice));
  }

  /** Unmaps: jco calls it when the guest drops the resource. */
  [dispose](): void {
    if (collected.unregister(this)) reps.release(this.#rep);
    this.#open?.close();
    this.#open = undefined;
  }
}

/** Maps, within what guests may take. */
function openCharged(fd: number, length: bigint, offset: bigint, request: Request): NativeFloor {
  const floor = openNative(fd, length, offset, request);
  try {
    floor.charge(currentBudget());
    return floor;
  } catch (error) {
    floor.close();
    throw error;
  }
}

/** No error of the contract, and so a trap. */
function refuseSearch(): never {
  throw new Error('a search went through as many bytes as the host lets one call');
}

function toPosition(found: number | undefined): bigint | undefined {
  return found === undefined ? undefined : BigInt(found);
}

function mmap(file: Contract.Descriptor | undefined, length: bigint, access: Contract.Access, offset: bigint): Mapping {
  return Mapping.open(file, length, { access }, offset);
}

function mmapPosix(
  file: Contract.Descriptor | undefined,
  length: bigint,
  sharing: Contract.Sharing,
  protection: Contract.Protection,
  offset: bigint,
): Mapping {
  const { PROT_READ, PROT_WRITE, PROT_EXEC } = constants;
  const bits =
    (protection.read ? PROT_READ : 0) | (protection.write ? PROT_WRITE : 0) | (protection.execute ? PROT_EXEC : 0);
  return Mapping.open(file, length, { shared: sharing === 'shared', protection: bits }, offset);
}

/** The interface as jco wants it: `--map 'wasi-mmap:mmap/*=wasi-mmap/host#*'` takes the export of its name. */
export const mapping = { Mapping, mmap, mmapPosix };

// What the contract says and is not there, or of another type, does not compile. The generated class cannot be
// constructed, so its instances are compared.
mapping satisfies Omit<typeof Contract, 'Mapping' | 'default'> & { Mapping: { prototype: Contract.Mapping } };
