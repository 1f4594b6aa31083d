/** The native addon as a backend of {@link Mmap}. */
import { MmapError } from '../errors.js';
import {
  adviceNumber,
  type Access,
  type Advice,
  type Backend,
  type Background,
  type OwnBytes,
  type Protection,
  type SharedMemory,
  type Sharing,
  type Started,
} from '../backend.js';
import { Bytes, min, secretBytes, uncurry } from '../intrinsics.js';
import type { Addon, AddonMapping, Module, Size, Stop } from './addon.js';
import { buffers, threads } from './builtins.js';
import { loadAddon } from './load.js';
import { noAddon } from './no-addon.js';
import { keepHandlerInstalled } from './signals.js';

const { isMainThread, markAsUntransferable } = threads;

/**
 * Whether this environment can end before its process does. Node and Bun then end every loan, even if another thread holds
 * the memory. Deno ends a loan when its memory is garbage, on any thread.
 */
const WATCHES_LOANS = !isMainThread && !('deno' in process.versions);

function initialize(): Addon {
  let module: Module;
  try {
    module = loadAddon() as Module;
  } catch (error) {
    return noAddon(error);
  }
  return module.initialize(
    (code, errno) => new MmapError(code, undefined, errno === 0 ? undefined : errno),
    WATCHES_LOANS,
    !isMainThread,
  );
}

const addon = initialize();

/** Lends pages that end with their mapping. No other code can call it, for the class has no such method any more. */
// oxlint-disable-next-line typescript/unbound-method -- uncurry binds it
const ownBuffer = uncurry(addon.Mapping.prototype.ownBuffer as (this: AddonMapping) => ArrayBuffer | undefined);
delete addon.Mapping.prototype.ownBuffer;

// The numbers of wmcore_rights, wmcore_access, wmcore_sharing and wmcore_protection.
const rightBits = ({ read, write }: Rights): number => (read ? 1 : 0) | (write ? 2 : 0);
const ACCESSES: Readonly<Record<Access, number>> = { read: 0, write: 1, copy: 2 };
const SHARINGS: Readonly<Record<Sharing, number>> = { shared: 0, private: 1 };
const protectionBits = ({ read, write, execute }: Protection): number =>
  (read ? 1 : 0) | (write ? 2 : 0) | (execute ? 4 : 0);

const { MAX_LENGTH } = buffers.constants;
/**
 * The largest length of a view, in bytes: what the engine allows, but at most 4 GiB (2^32), above which some engines end
 * the process.
 */
export const MAX_VIEW_LENGTH = min(MAX_LENGTH, 2 ** 32);

/** Newer versions refuse it themselves, and end the process at the exit of a thread if the buffer is marked as well. */
const TRANSFERS_EXTERNAL_MEMORY = Number.parseInt(process.versions.node, 10) < 22;

keepHandlerInstalled(addon.installFaultHandler);

/** The number of regions of mapped pages that the process holds, for tests of leaks. */
export const liveRegions = addon.liveRegions;
export const unnoticedFaults = addon.unnoticedFaults;

export const { createBudget, budgetUsed, budgetPeak } = addon;

/** What the caller may do with a file: a guest's descriptor may have fewer rights than its file was opened with. */
export interface Rights {
  readonly read?: boolean;
  readonly write?: boolean;
}

/** The rights that the file was opened with decide. */
export const ALL_RIGHTS: Rights = { read: true, write: true };

/** The size of a page of memory, in bytes: systems load, lose and lock pages as a whole. Python's `mmap.PAGESIZE`. */
export const PAGESIZE = addon.pageSize;
/**
 * The alignment of the addresses of mappings, in bytes, as in Python's `mmap`. `mmap()` itself takes any offset: one that is
 * a multiple of it wastes no memory.
 */
export const ALLOCATIONGRANULARITY = addon.granularity;

/** Stands for memory without a file: zero-filled. */
export const NO_FILE = -1;

function begin<T>(start: (stop: Stop) => Promise<T>): Started<T> {
  const stop = addon.createStop();
  return { promise: start(stop), stop: () => addon.requestStop(stop) };
}

function newBytes(length: number): OwnBytes {
  if (length > MAX_LENGTH) throw new MmapError('no-memory', 'more than one Uint8Array can hold');
  return new Bytes(length);
}

class NativeBackground implements Background {
  readonly #mapping: AddonMapping;

  constructor(mapping: AddonMapping) {
    this.#mapping = mapping;
  }

  read(offset: number, length: number): Started<OwnBytes> {
    return begin((stop) => this.#mapping.readAsync(offset, newBytes(length), stop));
  }

  find(needle: Uint8Array, start: number, end: number): Started<number | undefined> {
    return begin((stop) => this.#mapping.findAsync(needle, start, end, stop));
  }

  rfind(needle: Uint8Array, start: number, end: number): Started<number | undefined> {
    return begin((stop) => this.#mapping.rfindAsync(needle, start, end, stop));
  }

  flush(offset: number, length: number): Started<void> {
    return begin((stop) => this.#mapping.flushAsync(offset, length, stop));
  }

  populate(offset: number, length: number): Started<void> {
    return begin((stop) => this.#mapping.populateAsync(offset, length, stop));
  }

  resize(length: number): Started<void> {
    return begin((stop) => this.#mapping.resizeAsync(length, stop));
  }
}

/** A mapping of the addon. Made by {@link openAccess}, {@link openPosix} and {@link openNamed}. */
export class NativeBackend extends addon.Mapping implements Backend {
  shared?: SharedMemory;

  get background(): Background {
    return new NativeBackground(this);
  }

  read(offset: number, length: number): Uint8Array {
    const result = newBytes(length);
    this.readInto(offset, result);
    return result;
  }

  view(offset: number, length: number): OwnBytes {
    if (!addon.faultCount) {
      throw new MmapError('unsupported', 'this engine (as that of Electron) takes no memory of others: use slice()');
    }
    if (length > MAX_VIEW_LENGTH) {
      throw new MmapError('unsupported', `a view holds at most ${MAX_VIEW_LENGTH} bytes, not ${length}: take windows`);
    }
    if (length === 0) return new Bytes(0); // The address of the end is not an address of the mapping.
    const buffer = this.lendBuffer(offset, length);
    if (TRANSFERS_EXTERNAL_MEMORY) markAsUntransferable(buffer);
    return new Bytes(buffer);
  }

  advise(offset: Size, length: Size, advice: Advice): void {
    this.adviseBy(offset, length, adviceNumber(advice));
  }
}

class NativeMemory implements SharedMemory {
  readonly #mapping: AddonMapping;
  readonly faultCount: Uint32Array;

  constructor(mapping: AddonMapping, faultCount: Uint32Array) {
    this.#mapping = mapping;
    this.faultCount = faultCount;
  }

  bytes(): Uint8Array | undefined {
    if (this.#mapping.length() > MAX_VIEW_LENGTH) return undefined;
    const buffer = ownBuffer(this.#mapping);
    return buffer && secretBytes(buffer);
  }

  byteAt(position: number): number {
    return this.#mapping.byteAt(position);
  }

  clean(): boolean {
    return this.#mapping.clean();
  }

  check(offset: number, length: number): void {
    this.#mapping.check(offset, length);
  }
}

/** Lets {@link Mmap} touch the pages itself, where the engine allows that. */
function share(backend: NativeBackend): NativeBackend {
  const { faultCount } = addon;
  if (faultCount) backend.shared = new NativeMemory(backend, faultCount);
  return backend;
}

/** Maps a file, or {@link NO_FILE}: `mmap` of the contract. */
export function openAccess(fd: number, rights: Rights, length: Size, access: Access, offset: Size): NativeBackend {
  return share(NativeBackend.openAccess(fd, rightBits(rights), length, ACCESSES[access], offset));
}

/** Maps a file, or {@link NO_FILE}: `mmap-posix` of the contract. */
export function openPosix(
  fd: number,
  rights: Rights,
  length: Size,
  sharing: Sharing,
  protection: Protection,
  offset: Size,
): NativeBackend {
  const bits = protectionBits(protection);
  const backend = NativeBackend.openPosix(fd, rightBits(rights), length, SHARINGS[sharing], bits, offset);
  // A right to write implies one to read. Without either, each access has to be a call, which refuses it.
  return protection.read || protection.write ? share(backend) : backend;
}

/** Maps memory that processes share by a name. `unsupported` on systems other than Windows. */
export function openNamed(name: string, length: Size, access: Access): NativeBackend {
  return share(NativeBackend.openNamed(name, length, ACCESSES[access]));
}

/** The alignment of spans in bytes; 0 where the system has no spans. */
export const spanGranularity = addon.spanGranularity;

/** Whether all addresses from the end of a buffer to `size` bytes from its start are reserved and inaccessible. */
export const hasGuardRegion = addon.hasGuardRegion;

/**
 * Calls a function while the page at `offset` from the start of a buffer, which has to be inaccessible before and afterwards,
 * can be read. False if the system refuses that.
 */
export const withReadablePage = addon.withReadablePage;

/** Whether the system has given all addresses that were asked for: there is no limit, and most are free. */
export const hasAmpleAddresses = addon.hasAmpleAddresses;

/** Pages of a mapping in the memory of a guest. */
export class NativeSpan extends addon.Span {
  advise(offset: Size, length: Size, advice: Advice): void {
    this.adviseBy(offset, length, adviceNumber(advice));
  }
}
