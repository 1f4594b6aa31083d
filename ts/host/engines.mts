/**
 * Whether the memory of a guest stays where it is, engine by engine. Pages of a file can lie only in memory that never moves.
 *
 * An engine does not move a memory whose growth it has reserved addresses for. The addresses after a memory are not enough
 * to know that: another memory can lie there, and an empty one is all reserved and inaccessible. So each engine has to give
 * its own evidence, for each memory:
 *
 * - **V8 in Node** reserves 8 GiB for every memory when it catches accesses out of bounds by a trap handler, and never less.
 *   `--disable-wasm-trap-handler` turns that off. Three memories of one page show which of the two it is: without the
 *   handler at most one of them could have reserved addresses after it.
 * - **JavaScriptCore in Bun** has fast memories, with 4 GiB and 128 pages reserved, and others, which it copies when they
 *   grow. A process has at most eight fast ones (fewer on request), and options turn them off. Compiled code checks no
 *   bounds in a fast memory, and in no other. So code has to show it: it loads a byte out of bounds, from a page behind the
 *   4 GiB that is readable just then. Only where the load succeeds is the memory fast, whatever its neighbours are.
 * - **V8 in Deno** has no trap handler. It reserves the declared maximum, or 4 GiB, and less only if the system refuses
 *   that. So 4 GiB must be reserved after the memory, and the system must have had no reason to refuse: the process has no
 *   limit of addresses, and uses less than half of them. Where V8 reserves more than it needs (a sandbox, a trap handler),
 *   that reasoning does not hold, and there are no spans.
 *
 * Besides, each operation on a span compares the address of its memory with that at which it was attached.
 */
import { isUnshared } from '../intrinsics.js';
import { hasAmpleAddresses, hasGuardRegion, withReadablePage } from '../node/native.js';

/** A `WebAssembly.Memory`, also for programs whose types have no WebAssembly. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
}

const PAGE = 65536;
/** The bytes that 32-bit addresses reach. */
const ADDRESSES = 2 ** 32;
/** The bytes that V8 reserves for its trap handler: the reach of an address plus a constant offset. */
const V8_REACH = 2 ** 33;
/** The bytes that JavaScriptCore reserves for a fast memory. */
const JSC_REACH = ADDRESSES + 128 * PAGE;
/** A constant offset that JavaScriptCore leaves to the reserved pages. */
const OFFSET = 0x70_0000;

/** A module that imports an unshared memory with 32-bit addresses, and exports a load from an address plus {@link OFFSET}. */
// prettier-ignore
const LOADER = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, // (type (func (param i32) (result i32)))
  2, 6, 1, 0, 0, 2, 0, 0, // (import "" "" (memory 0))
  3, 2, 1, 0,
  7, 4, 1, 0, 0, 0, // (export "" (func 0))
  10, 12, 1, 10, 0, 0x20, 0, 0x2d, 0, 0x80, 0x80, 0xc0, 3, 0x0b, // local.get 0, i32.load8_u offset=0x700000
]);

let loader: WebAssembly.Module | undefined;

/** The load from a memory. Throws if the memory is shared or has 64-bit addresses. */
function loadOf(memory: Memory): (address: number) => number {
  loader ??= new WebAssembly.Module(LOADER);
  const { exports } = new WebAssembly.Instance(loader, { '': { '': memory } });
  return (exports as Record<string, unknown>)[''] as (address: number) => number;
}

/** Where the load is tried: past all addresses of 32 bits, and before the end of what JavaScriptCore reserves. */
const ADDRESS = ADDRESSES - PAGE;
export const PROBED = ADDRESS + OFFSET;

/** Whether code leaves accesses out of bounds to the pages after the memory. Throws if code checks them. */
function loadsOutOfBounds(memory: Memory): boolean {
  const load = loadOf(memory);
  return withReadablePage(memory.buffer as ArrayBuffer, PROBED, () => load(ADDRESS) === 0);
}

export const isUnchecked = (memory: Memory): boolean => holds(() => loadsOutOfBounds(memory));

interface Engine {
  /** Whether the engine works as described. */
  isKnown(): boolean;
  /** Whether an unshared memory cannot move. */
  isFixed(memory: Memory): boolean;
}

type Limits = { initial: number; maximum?: number };

/** Which of three new memories, each a neighbour of the next, have reserved addresses after them. */
const guarded = (limits: Limits, reach: number): boolean[] =>
  [1, 2, 3].map(() => new WebAssembly.Memory(limits)).map(({ buffer }) => hasGuardRegion(buffer, reach));

const V8_WITH_HANDLER: Engine = {
  isKnown: () => guarded({ initial: 1, maximum: 1 }, V8_REACH).every(Boolean),
  isFixed: ({ buffer }) => hasFixedMemories() && hasGuardRegion(buffer as ArrayBuffer, V8_REACH),
};

const V8_WITHOUT_HANDLER: Engine = {
  isKnown: () =>
    hasAmpleAddresses() &&
    guarded({ initial: 1 }, ADDRESSES).every(Boolean) &&
    !guarded({ initial: 1, maximum: 1 }, ADDRESSES).every(Boolean),
  isFixed: (memory) =>
    hasFixedMemories() &&
    hasAmpleAddresses() &&
    hasGuardRegion(memory.buffer as ArrayBuffer, ADDRESSES) &&
    loadOf(memory) !== undefined,
};

const JAVASCRIPTCORE: Engine = {
  isKnown: () => JAVASCRIPTCORE.isFixed(new WebAssembly.Memory({ initial: 1, maximum: 1 })),
  isFixed: (memory) => hasGuardRegion(memory.buffer as ArrayBuffer, JSC_REACH) && isUnchecked(memory),
};

function engineHere(): Engine {
  if ('bun' in process.versions) return JAVASCRIPTCORE;
  return 'deno' in process.versions ? V8_WITHOUT_HANDLER : V8_WITH_HANDLER;
}

const engine = engineHere();

/** No exception tells more than that something is not there, such as addresses. */
function holds(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

let known = false;

/** Whether memories of this process can have spans. The answer may change while others take all fast memories. */
export function hasFixedMemories(): boolean {
  known ||= holds(() => engine.isKnown());
  return known;
}

/** The memories that were checked. A memory stays what it is. */
const checked = new WeakMap<Memory, boolean>();

/** Whether pages can lie in a memory. */
export function isFixed(memory: Memory): boolean {
  let result = checked.get(memory);
  if (result === undefined) {
    // Shared memory can be in use by other threads while pages change, and outlives the thread that would clean up.
    result = isUnshared(memory.buffer) && holds(() => engine.isFixed(memory));
    checked.set(memory, result);
  }
  return result;
}
