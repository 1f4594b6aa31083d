/** The native addon as its caller sees it: host/node. */
import type { Access, OwnBytes } from '../backend.js';
import type { ErrorCode, MmapError } from '../errors.js';

/** A u64: a safe integer, or any u64 as a bigint. */
export type Size = number | bigint;

/**
 * The addon's mapping. It refuses wrong types, but without a message for users. The type lists each operation, so that a
 * new operation of the contract does not compile until the addon has it.
 */
export interface AddonMapping {
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
  startFlush(offset: Size, length: Size): void;
  adviseBy(offset: Size, length: Size, advice: number): void;
  populate(offset: Size, length: Size): void;
  resident(offset: Size, length: Size): number;
  mlock(): void;
  munlock(): void;
  // On other threads, until the stop is requested.
  readAsync(offset: Size, target: Uint8Array, stop: Stop): Promise<OwnBytes>;
  findAsync(needle: Uint8Array, start: Size, end: Size, stop: Stop): Promise<number | undefined>;
  rfindAsync(needle: Uint8Array, start: Size, end: Size, stop: Stop): Promise<number | undefined>;
  flushAsync(offset: Size, length: Size, stop: Stop): Promise<void>;
  populateAsync(offset: Size, length: Size, stop: Stop): Promise<void>;
  resizeAsync(length: Size, stop: Stop): Promise<void>;
  /** At most once, right after the mapping was opened. */
  charge(budget: Budget): void;
  close(): void;
  clean(): boolean;
  check(offset: number, length: number): void;
  /** Deleted from the class by `native.ts`, which alone may call it. */
  ownBuffer?(): ArrayBuffer | undefined;
  lendBuffer(offset: number, length: number): ArrayBuffer;
}

/** Tells an operation on another thread to end early. Only the addon knows what it is. */
export type Stop = { readonly [stop: symbol]: never };

/** How much memory of the host some mappings may take. Only the addon knows what it is. */
export type Budget = { readonly [budget: symbol]: never };

/** The addon's span. */
interface AddonSpan {
  flush(offset: Size, length: Size): void;
  adviseBy(offset: Size, length: Size, advice: number): void;
  faulted(): boolean;
  /** Whether the region is where the span was attached. */
  isAt(region: Uint8Array): boolean;
  detach(region: Uint8Array): void;
}

/** The class of the addon's mappings. Its factories make objects of the class that they are called on. */
interface AddonMappingClass {
  new (): AddonMapping;
  readonly prototype: AddonMapping;
  /** Maps a file, or memory for a negative descriptor: `mmap` of the contract. */
  openAccess<T extends AddonMapping>(
    this: new () => T,
    fd: number,
    rights: number,
    length: Size,
    access: number,
    offset: Size,
  ): T;
  /** Maps a file, or memory for a negative descriptor: `mmap-posix` of the contract. */
  openPosix<T extends AddonMapping>(
    this: new () => T,
    fd: number,
    rights: number,
    length: Size,
    sharing: number,
    protection: number,
    offset: Size,
  ): T;
  /** Maps memory that processes share by a name (Windows). */
  openNamed<T extends AddonMapping>(this: new () => T, name: string, length: Size, access: number): T;
}

export interface Addon {
  readonly Mapping: AddonMappingClass;
  /** The region is memory of a guest. It must not move, and must stay alive until `detach`. */
  readonly Span: new (mapping: AddonMapping, offset: Size, region: Uint8Array) => AddonSpan;
  readonly pageSize: number;
  /** The alignment of the addresses of mappings. */
  readonly granularity: number;
  /** 0 where there are no spans. */
  readonly spanGranularity: number;
  readonly createStop: () => Stop;
  readonly requestStop: (stop: Stop) => void;
  readonly createBudget: (bytes: Size) => Budget;
  /** The bytes that mappings take now. */
  readonly budgetUsed: (budget: Budget) => number;
  /** The most that they took at one time. */
  readonly budgetPeak: (budget: Budget) => number;
  readonly hasGuardRegion: (buffer: ArrayBuffer, size: number) => boolean;
  readonly withReadablePage: (buffer: ArrayBuffer, offset: number, call: () => boolean) => boolean;
  readonly hasAmpleAddresses: () => boolean;
  /** Installs the fault handler in front of handlers that were installed later. */
  readonly installFaultHandler: () => void;
  /** Absent where the engine allows no external memory. */
  readonly faultCount?: Uint32Array;
  readonly liveRegions: () => number;
  /** The number of spans that ended with lost pages that no guest was told of. */
  readonly unnoticedFaults: () => number;
}

type MakeError = (code: ErrorCode, errno: number) => MmapError;

/** The exports of the addon before it is initialized. */
export interface Module {
  initialize(makeError: MakeError, watchesLoans: boolean, reinstallsHandler: boolean): Addon;
}
