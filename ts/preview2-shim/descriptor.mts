/**
 * The operating system's file behind a guest's descriptor, for preview2-shim in Node.
 *
 * Fault: the class `Descriptor` has no way to its file descriptor, without which a host cannot map the file. So this opens
 * a stream and asks the shim's worker for the stream's file, by public functions only: three calls to the worker.
 * Versions: all; `callExtension` exists since 0.26.
 * Mended: tests/preview2-shim/faults.test.mts fails ("a descriptor does not tell its file").
 */
import { callExtension, inputStreamId } from '@bytecodealliance/preview2-shim/io-worker';
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import { dispose } from '../disposable.js';
import type { Descriptor, DescriptorFlags } from '../bindings/interfaces/wasi-filesystem-types.js';
import { MmapError } from '../errors.js';
import { HostDescriptor } from '../filesystem/descriptor.mjs';

const WORKER = new URL('./worker.mjs', import.meta.url);
/** Past the end of any file: the shim reads ahead from the position where a stream begins. */
const PAST_EVERYTHING = BigInt(Number.MAX_SAFE_INTEGER);

/** Whether it is a descriptor of the shim, or one that stands where the shim's can. */
export const isOfP2 = (descriptor: object): descriptor is Descriptor =>
  descriptor instanceof (types.Descriptor as unknown as new () => object);

/** Converts an error of `wasi:filesystem` to one of the contract. */
function toMmapError(error: unknown): unknown {
  if (error === 'is-directory') return new MmapError('unsupported');
  if (error === 'bad-descriptor' || (error as { code?: unknown } | null)?.code === 'EBADF') {
    return new MmapError('bad-descriptor');
  }
  return typeof error === 'string' ? new MmapError('io', error) : error;
}

/** Calls the shim, and converts its errors to those of the contract. */
function askShim<T>(question: () => T): T {
  try {
    return question();
  } catch (error) {
    throw toMmapError(error);
  }
}

/**
 * Calls a function with the operating system's file of a descriptor, and with the rights of the descriptor. The file is
 * open during the call only, can be of any kind, and can be open for more than the rights allow.
 *
 * @throws {MmapError} `bad-descriptor`, `unsupported` (a directory), `access-denied` (no right to read) or `io`
 */
export function withFile<T>(descriptor: Descriptor, call: (fd: number, rights: DescriptorFlags) => T): T {
  if (descriptor instanceof HostDescriptor) {
    const fd = HostDescriptor.fileOf(descriptor);
    if (fd === undefined) throw new MmapError('unsupported');
    const rights = descriptor.getFlags();
    if (!rights.read) throw new MmapError(descriptor.getType() === 'regular-file' ? 'access-denied' : 'unsupported');
    return call(fd, rights);
  }
  // The shim has no flags for a preopened directory.
  const rights = (askShim(() => descriptor.getFlags()) as DescriptorFlags | undefined) ?? {};
  if (!rights.read) {
    // Its file may be open for writing only, and a stream of that fails. Every mapping needs the right to read.
    const kind = askShim(() => descriptor.getType());
    throw new MmapError(kind === 'regular-file' ? 'access-denied' : 'unsupported');
  }
  const stream = askShim(() => descriptor.readViaStream(PAST_EVERYTHING));
  try {
    const fd = callExtension(WORKER, 'fd', [inputStreamId(stream)]);
    if (typeof fd !== 'number') throw new MmapError('bad-descriptor');
    return call(fd, rights);
  } finally {
    (stream as Partial<Disposable>)[dispose]?.();
  }
}
