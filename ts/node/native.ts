/** The native addon as a floor for {@link Mmap}. */
import { constants } from 'node:buffer';
import { isMainThread, markAsUntransferable } from 'node:worker_threads';
import { MmapError, type ErrorCode } from '../errors.js';
import { adviceNumber, type Access, type Advice, type Floor, type SharedMemory } from '../floor.js';
import { Bytes, min, secretBytes, uncurry } from '../intrinsics.js';
import type { Request } from '../request.js';
import { loadAddon } from './load.js';
import { guardSignals } from './signals.js';

/** A u64: a safe integer, or any u64 as a bigint. */
export type Size = number | bigint;

/**
 * The class of the addon. It refuses what is of a wrong type, in words for nobody. Spelt out, so that an operation that
 * is new in the contract does not compile until the addon has it.
 */
interface NativeMapping {
  length(): number;
  access(): Access;
  fileSize(): number;
  readInto(offset: Size, target: Uint8Array): void;
  byteAt(offset: Size): number;
  write(offset: Size, bytes: Uint8Array): void;
  move(destination: Size, source: Size, length: Size): void;
  find(needle: Uint8Array, start: Size, end: Size): number | undefined;
  rfind(needle: Uint8Array, start: Size, end: Size): number | undefined;
  flush(offset: Size, length: Size): void;
  resize(length: Size): void;
  adviseBy(offset: Size, length: Size, advice: number): void;
  /** Once, right after it was opened. */
  charge(budget: Budget): void;
  close(): void;
  clean(): boolean;
  check(offset: number, length: number): void;
  /** Taken away at once: see {@link ownBuffer}. */
  ownBuffer?(): ArrayBuffer | undefined;
  lendBuffer(offset: number, length: number): ArrayBuffer;
}

/** How much of the host's memory some mappings may take: the addon's, known to it alone. */
export type Budget = { readonly [budget: symbol]: never };

/** As {@link NativeMapping}, for a span. */
interface NativeSpan {
  flush(offset: Size, length: Size): void;
  adviseBy(offset: Size, length: Size, advice: number): void;
  faulted(): boolean;
  detach(region: Uint8Array): void;
}

interface Addon {
  /** (fd, -1 or name, length, offset, access), or (fd or -1, length, offset, sharing, protection), as in wasi_mmap.h. */
  readonly Mapping: {
    new (
      file: number | string,
      length: Size,
      offset: Size,
      accessOrSharing: number,
      protection?: number,
    ): NativeMapping;
    readonly prototype: NativeMapping;
  };
  /** The region is memory of a guest that stays where it is, and alive until `detach`. */
  readonly Span: new (mapping: NativeMapping, offset: Size, region: Uint8Array) => NativeSpan;
  /** 0 where there are no spans. */
  readonly spanGranularity: number;
  readonly createBudget: (bytes: Size) => Budget;
  readonly guarded: (buffer: ArrayBuffer, size: number) => boolean;
  /** Puts our handler of faults first again. */
  readonly guard: () => void;
  /** Absent where the engine allows no external memory. */
  readonly faultCount?: Uint32Array;
  readonly liveRegions: () => number;
  /** Spans that ended with lost pages that nobody was told of. */
  readonly unnoticedFaults: () => number;
}

type MakeError = (code: ErrorCode, errno: number) => MmapError;

/**
 * Whether this environment can end before its process: Node and Bun then end every loan, though other threads may have the
 * memory by now. Deno ends a loan with its memory, on any thread.
 */
const WATCHES_LOANS = !isMainThread && !('deno' in process.versions);

interface Module {
  initialize(makeError: MakeError, watchesLoans: boolean, guardsCalls: boolean): Addon;
}

const addon = (loadAddon() as Module).initialize(
  (code, errno) => new MmapError(code, undefined, errno === 0 ? undefined : errno),
  WATCHES_LOANS,
  !isMainThread,
);

/** Pages that go with their mapping: so there is no such method any more. */
// oxlint-disable-next-line typescript/unbound-method -- that is why
const ownBuffer = uncurry(addon.Mapping.prototype.ownBuffer as (this: NativeMapping) => ArrayBuffer | undefined);
delete addon.Mapping.prototype.ownBuffer;

// As in wasi_mmap.h: protection to read or to write, which implies it; and the order of names.
const READABLE = 1 | 2;
const ACCESSES: Readonly<Record<Access, number>> = { read: 0, write: 1, copy: 2 };

const { MAX_LENGTH } = constants;
/** The largest view: what the engine allows, and at most 4 GiB, past which some engines end the process. */
export const MAX_VIEW_LENGTH = min(MAX_LENGTH, 2 ** 32);

/** Later versions refuse it themselves, and end the process at the exit of a thread if it is marked as well. */
const TRANSFERS_EXTERNAL_MEMORY = Number.parseInt(process.versions.node, 10) < 22;

guardSignals(addon.guard);

/** How many regions of mapped pages the process holds: for tests of leaks. */
export const liveRegions = addon.liveRegions;
export const unnoticedFaults = addon.unnoticedFaults;

export const createBudget = addon.createBudget;

/** Stands for no file: zero-filled memory. */
export const NO_FILE = -1;

export class NativeFloor extends addon.Mapping implements Floor {
  readonly shared?: SharedMemory;

  constructor(file: number | string, length: Size, offset: Size, accessOrSharing: number, protection?: number) {
    super(file, length, offset, accessOrSharing, protection);
    const { faultCount } = addon;
    const readable = protection === undefined || (protection & READABLE) !== 0;
    if (faultCount && readable) this.shared = new NativeMemory(this, faultCount);
  }

  read(offset: number, length: number): Uint8Array {
    if (length > MAX_LENGTH) throw new MmapError('no-memory', 'more than one Uint8Array can hold');
    const result = new Bytes(length);
    this.readInto(offset, result);
    return result;
  }

  view(offset: number, length: number): Uint8Array {
    if (length > MAX_VIEW_LENGTH) {
      throw new MmapError('unsupported', `a view holds at most ${MAX_VIEW_LENGTH} bytes, not ${length}: take windows`);
    }
    if (length === 0) return new Bytes(0); // The end of the pages is not an address to lend.
    const buffer = this.lendBuffer(offset, length);
    if (TRANSFERS_EXTERNAL_MEMORY) markAsUntransferable(buffer);
    return new Bytes(buffer);
  }

  advise(offset: Size, length: Size, advice: Advice): void {
    this.adviseBy(offset, length, adviceNumber(advice));
  }
}

class NativeMemory implements SharedMemory {
  readonly #floor: NativeMapping;
  readonly faultCount: Uint32Array;

  constructor(floor: NativeMapping, faultCount: Uint32Array) {
    this.#floor = floor;
    this.faultCount = faultCount;
  }

  bytes(): Uint8Array | undefined {
    if (this.#floor.length() > MAX_VIEW_LENGTH) return undefined;
    const buffer = ownBuffer(this.#floor);
    return buffer && secretBytes(buffer);
  }

  byteAt(position: number): number {
    return this.#floor.byteAt(position);
  }

  clean(): boolean {
    return this.#floor.clean();
  }

  check(offset: number, length: number): void {
    this.#floor.check(offset, length);
  }
}

/** What spans are aligned to, in bytes; 0 where the system has none. */
export const spanGranularity = addon.spanGranularity;

/** Whether nobody can use the addresses from the end of a buffer to `size` bytes from its start. */
export const guarded = addon.guarded;

export class SpanFloor extends addon.Span {
  advise(offset: Size, length: Size, advice: Advice): void {
    this.adviseBy(offset, length, adviceNumber(advice));
  }
}

/** Maps a file, or {@link NO_FILE}. */
export function openNative(fd: number, length: Size, offset: Size, request: Request): NativeFloor {
  return 'access' in request
    ? new NativeFloor(request.name ?? fd, length, offset, ACCESSES[request.access])
    : new NativeFloor(fd, length, offset, request.shared ? 0 : 1, request.protection);
}
