/** Writes to file descriptors of other processes. */
import { writeSync } from 'node:fs';

/** How long a write waits until it tries a pipe again that another process made non-blocking, in milliseconds. */
const PATIENCE = 2;

const asleep = new Int32Array(new SharedArrayBuffer(4));

/** Writes all bytes to a file descriptor that may be non-blocking. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as { code?: string }).code !== 'EAGAIN') throw error;
      Atomics.wait(asleep, 0, 0, PATIENCE);
    }
  }
}
