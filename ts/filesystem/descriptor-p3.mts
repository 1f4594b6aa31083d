/**
 * `wasi:filesystem@0.3` over the descriptors of 0.2: the same files, the same rules about paths and rights. Its functions are
 * async, but do their work at once in the thread of the guest, as those of 0.2; streams do it in parts.
 *
 * preview3-shim 0.7 has a file system too, whose faults tests/filesystem/shim-p3.test.mts lists: links lead out of a directory.
 */
import type { BigIntStats } from 'node:fs';
import type * as P2 from '../bindings/interfaces/wasi-filesystem-types.js';
import type {
  Advice,
  Descriptor,
  DescriptorFlags,
  DescriptorStat,
  DescriptorType,
  DirectoryEntry,
  ErrorCode,
  MetadataHashValue,
  NewTimestamp,
  OpenFlags,
  PathFlags,
  Result,
} from '../bindings-p3/interfaces/wasi-filesystem-types.js';
import { dispose } from '../disposable.js';
import { consume, produce, type ByteSource } from '../streams/p3.mjs';
import { codeOf } from './codes.mjs';
import { HostDescriptor } from './descriptor.mjs';
import { toInstant, toStat } from './times.mjs';

type Done = Result<void, ErrorCode>;

/** The most bytes that a stream reads at a time. */
const CHUNK = 65536n;

/** The error-code of 0.3 for one of 0.2. */
const toErrorCode = (code: P2.ErrorCode): ErrorCode =>
  code === 'would-block' ? { tag: 'other', val: code } : ({ tag: code } as ErrorCode);

/** The error-code of an exception: of the system, of a function of 0.2, or of a stream. Any other is thrown again: a trap. */
function errorOf(error: unknown): ErrorCode {
  if (typeof error === 'string') return toErrorCode(error as P2.ErrorCode);
  const { val } = (error ?? {}) as { val?: { payload?: unknown } };
  const code = codeOf(error) ?? codeOf(val?.payload);
  if (code === undefined) throw error;
  return toErrorCode(code);
}

/** Calls a function of 0.2. An error is thrown as one of 0.3, in jco's convention. */
function call<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    // oxlint-disable-next-line typescript/only-throw-error -- jco's convention
    throw errorOf(error);
  }
}

const toType = (type: P2.DescriptorType): DescriptorType =>
  type === 'unknown' ? { tag: 'other', val: undefined } : { tag: type };

function toStatP3(stats: BigIntStats): DescriptorStat {
  const { type, ...stat } = toStat(stats, toInstant);
  return { ...stat, type: toType(type) };
}

/** The end of a stream of 0.2, as its functions throw it. */
const isClosed = (error: unknown): boolean => (error as { tag?: unknown } | null)?.tag === 'closed';

// oxlint-disable class-methods-use-this, require-await -- an async function's exception is the `err` of its result
export class DescriptorP3 implements Descriptor {
  readonly #inner: HostDescriptor;

  constructor(inner: HostDescriptor) {
    this.#inner = inner;
  }

  /** The descriptor of 0.2 of the same file. */
  static innerOf(descriptor: DescriptorP3): HostDescriptor {
    return descriptor.#inner;
  }

  [dispose](): void {
    this.#inner[dispose]();
  }

  // Streams, which say in a future how they ended

  readViaStream(offset: bigint): [ReadableStream<number>, Promise<Done>] {
    return produce<Uint8Array, ErrorCode>(errorOf, () => {
      const input = this.#inner.readViaStream(offset);
      return {
        next() {
          try {
            return input.read(CHUNK);
          } catch (error) {
            if (isClosed(error)) return undefined;
            throw error;
          }
        },
        end: () => (input as Partial<Disposable>)[dispose]?.(),
      };
    }) as unknown as [ReadableStream<number>, Promise<Done>];
  }

  writeViaStream(data: ReadableStream<number>, offset: bigint): Promise<Done> {
    return this.#write(data, () => this.#inner.writeViaStream(offset));
  }

  appendViaStream(data: ReadableStream<number>): Promise<Done> {
    return this.#write(data, () => this.#inner.appendViaStream());
  }

  #write(data: ReadableStream<number>, open: () => P2.OutputStream): Promise<Done> {
    return consume(data as unknown as ByteSource, errorOf, () => {
      const output = open();
      return {
        put: (bytes) => output.blockingWriteAndFlush(bytes),
        end: () => (output as Partial<Disposable>)[dispose]?.(),
      };
    });
  }

  readDirectory(): [ReadableStream<DirectoryEntry>, Promise<Done>] {
    return produce<DirectoryEntry, ErrorCode>(errorOf, () => {
      const entries = this.#inner.readDirectory();
      return {
        next() {
          const entry = entries.readDirectoryEntry();
          return entry && { name: entry.name, type: toType(entry.type) };
        },
      };
    }) as unknown as [ReadableStream<DirectoryEntry>, Promise<Done>];
  }

  // All other functions are those of 0.2

  async advise(offset: bigint, length: bigint, advice: Advice): Promise<void> {
    call(() => this.#inner.advise(offset, length, advice));
  }

  async syncData(): Promise<void> {
    call(() => this.#inner.syncData());
  }

  async getFlags(): Promise<DescriptorFlags> {
    return call(() => this.#inner.getFlags());
  }

  async getType(): Promise<DescriptorType> {
    return toType(call(() => this.#inner.getType()));
  }

  async setSize(size: bigint): Promise<void> {
    call(() => this.#inner.setSize(size));
  }

  async setTimes(access: NewTimestamp, modification: NewTimestamp): Promise<void> {
    call(() => this.#inner.setTimes(access, modification));
  }

  async sync(): Promise<void> {
    call(() => this.#inner.sync());
  }

  async createDirectoryAt(path: string): Promise<void> {
    call(() => this.#inner.createDirectoryAt(path));
  }

  async stat(): Promise<DescriptorStat> {
    return toStatP3(call(() => HostDescriptor.statsOf(this.#inner)));
  }

  async statAt(flags: PathFlags, path: string): Promise<DescriptorStat> {
    return toStatP3(call(() => HostDescriptor.statsAt(this.#inner, flags, path)));
  }

  async setTimesAt(flags: PathFlags, path: string, access: NewTimestamp, modification: NewTimestamp): Promise<void> {
    call(() => this.#inner.setTimesAt(flags, path, access, modification));
  }

  async linkAt(flags: PathFlags, old: string, other: Descriptor, path: string): Promise<void> {
    call(() => this.#inner.linkAt(flags, old, innerOf(other), path));
  }

  async openAt(path: PathFlags, name: string, open: OpenFlags, flags: DescriptorFlags): Promise<Descriptor> {
    return new DescriptorP3(call(() => this.#inner.openAt(path, name, open, flags)) as HostDescriptor);
  }

  async readlinkAt(path: string): Promise<string> {
    return call(() => this.#inner.readlinkAt(path));
  }

  async removeDirectoryAt(path: string): Promise<void> {
    call(() => this.#inner.removeDirectoryAt(path));
  }

  async renameAt(old: string, other: Descriptor, path: string): Promise<void> {
    call(() => this.#inner.renameAt(old, innerOf(other), path));
  }

  async symlinkAt(target: string, path: string): Promise<void> {
    call(() => this.#inner.symlinkAt(target, path));
  }

  async unlinkFileAt(path: string): Promise<void> {
    call(() => this.#inner.unlinkFileAt(path));
  }

  async isSameObject(other: Descriptor): Promise<boolean> {
    return this.#inner.isSameObject(innerOf(other));
  }

  async metadataHash(): Promise<MetadataHashValue> {
    return call(() => this.#inner.metadataHash());
  }

  async metadataHashAt(flags: PathFlags, path: string): Promise<MetadataHashValue> {
    return call(() => this.#inner.metadataHashAt(flags, path));
  }
}

/** The descriptor of 0.2, or another's descriptor as it is: 0.2 refuses that as `cross-device`. */
const innerOf = (other: Descriptor): P2.Descriptor =>
  other instanceof DescriptorP3 ? DescriptorP3.innerOf(other) : (other as unknown as P2.Descriptor);
