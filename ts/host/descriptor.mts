/** What a guest's descriptor is and may be used for: the class of preview2-shim, by its public interface alone. */
import { callExtension, inputStreamId } from '@bytecodealliance/preview2-shim/io-worker';
import type { Descriptor, DescriptorFlags } from '../bindings/interfaces/wasi-filesystem-types.js';
import { MmapError } from '../errors.js';

const WORKER = new URL('./worker.mjs', import.meta.url);
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');

/** Where no file has bytes: the shim reads ahead from where a stream begins. */
const PAST_EVERYTHING = BigInt(Number.MAX_SAFE_INTEGER);

/** An error of `wasi:filesystem` in the contract's terms. */
function toMmapError(error: unknown): unknown {
  if (error === 'is-directory') return new MmapError('unsupported');
  if (error === 'bad-descriptor' || (error as { code?: unknown } | null)?.code === 'EBADF') {
    return new MmapError('bad-descriptor');
  }
  return typeof error === 'string' ? new MmapError('io', error) : error;
}

/** Asks the shim; its errors come in the contract's terms. */
function askShim<T>(question: () => T): T {
  try {
    return question();
  } catch (error) {
    throw toMmapError(error);
  }
}

/**
 * Calls with the operating system's file beneath a descriptor. It is open for the time of the call only, and may be of
 * any kind.
 *
 * The rights are those of the descriptor: the file beneath is open for reading even if the descriptor carries none.
 *
 * @throws {MmapError} `bad-descriptor`, `unsupported` or `access-denied`
 */
export function withFile<T>(descriptor: Descriptor, needsWrite: boolean, call: (fd: number) => T): T {
  // The shim has none for a directory that it was started with.
  const flags = askShim(() => descriptor.getFlags()) as Partial<DescriptorFlags> | undefined;
  const { read, write } = flags ?? {};
  if (!read || (needsWrite && !write)) {
    // The kind of the file comes first. Otherwise it is left to the core, for each question costs a tenth of a millisecond.
    const kind = askShim(() => descriptor.getType());
    throw new MmapError(kind === 'regular-file' ? 'access-denied' : 'unsupported');
  }
  const stream = askShim(() => descriptor.readViaStream(PAST_EVERYTHING));
  try {
    const fd = callExtension(WORKER, 'fd', [inputStreamId(stream)]);
    if (typeof fd !== 'number') throw new MmapError('bad-descriptor');
    return call(fd);
  } finally {
    (stream as Partial<Disposable>)[dispose]?.();
  }
}
