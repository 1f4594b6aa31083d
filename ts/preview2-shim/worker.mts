/** Runs in preview2-shim's worker, which owns the files of guests: see descriptor.mts. */
import type { WorkerExtension, WorkerExtensionContext } from '@bytecodealliance/preview2-shim/io-worker';

/** Returns the file descriptor of a stream. File descriptors belong to the process, so other threads can use it. */
export default function create(worker: WorkerExtensionContext): WorkerExtension {
  return (operation, [id]) => {
    if (operation !== 'fd') throw new Error(`unknown operation: ${operation}`);
    return (worker.getStream(id as number) as { fd?: number }).fd;
  };
}
