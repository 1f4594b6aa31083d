// A guest by hand: it does what jco's code would do, and gives a test access to the memory.
import * as filesystem from '@bytecodealliance/preview2-shim/filesystem';
import * as host from 'wasi-mmap/host';

/** jco's flag of handles. */
const FLAG = 1 << 30;

/** TypeScript declares it for browsers only. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
export const { Memory } = (
  globalThis as unknown as {
    WebAssembly: { Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => Memory };
  }
).WebAssembly;

interface Directory {
  openAt(pathFlags: object, path: string, openFlags: object, flags: object): never;
}
const shim = filesystem as unknown as {
  createFilesystem(options: { preopens: Record<string, string> }): { preopens: { getDirectories(): unknown } };
};

type Attach = (handle: number, offset: bigint, address: number, length: number, result: number) => void;

/** The functions that jco finds under a symbol. */
function of(holder: object, name: string): unknown {
  return (holder as Record<symbol, unknown>)[Symbol.for(name)];
}

/** jco's side of the protocol: a memory, the tables of handles, and a mapping of /file with the handle 1. */
export class Guest {
  readonly memory: Memory;
  readonly mappings: number[];
  readonly spans = [FLAG, 0];
  readonly #attach: Attach;
  readonly mapping: object;

  constructor(folder: string, access: string, memory: Memory) {
    const { mapping, span } = host;
    const { preopens } = shim.createFilesystem({ preopens: { '/': folder } });
    const [[directory]] = preopens.getDirectories() as [[Directory]];
    const file = directory.openAt({}, 'file', {}, { read: true, write: access === 'write' });
    this.memory = memory;
    this.mapping = mapping.mmap(file, 0n, access as 'read', 0n);
    this.mappings = [FLAG, 0, 0, (of(this.mapping, 'cabiRep') as number) | FLAG];
    this.#attach = (of(span.attach, 'cabiLower') as (guest: object) => Attach)({
      memory,
      resourceTables: [this.mappings, this.spans],
    });
  }

  /** The error's number, or the handle of the span. */
  attach(address: number, length: number): { error: number } | number {
    this.#attach(1, 0n, address, length, 0);
    const view = new DataView(this.memory.buffer);
    return view.getUint8(0) === 1 ? { error: view.getUint8(4) } : view.getUint32(4, true);
  }

  bytes(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  call(name: 'faulted', handle: number): number {
    const { prototype } = host.span.Span;
    const lower = of(prototype[name], 'cabiLower') as (guest: object) => (handle: number) => number;
    return lower({ resourceTables: [this.spans] })(handle);
  }

  drop(handle: number): void {
    const rep = (this.spans[(handle << 1) + 1] ?? 0) & ~FLAG;
    // jco leaves the rep in the table.
    this.spans[handle << 1] = (this.spans[0] ?? 0) | FLAG;
    this.spans[0] = handle | FLAG;
    (of(host.span.Span, 'cabiDispose') as (rep: number) => void)(rep);
  }
}
