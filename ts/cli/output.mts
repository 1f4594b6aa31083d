/** Writes the result of a command: to a file that appears when it is complete, or to standard output. */
import { randomUUID } from 'node:crypto';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { writeFully } from '../streams/write.mjs';
import { UsageError } from './options.mjs';

const STDOUT = 1;
const STDERR = 2;

/** Writes a message to the user, if anybody can read it: the exit code tells too. */
export function say(message: string): void {
  try {
    writeFully(STDERR, Buffer.from(message));
  } catch {
    // There is no other place for it.
  }
}

async function replace(path: string, bytes: Uint8Array): Promise<void> {
  const old = await stat(path).catch(() => undefined);
  // Devices and pipes are written in place.
  if (old && !old.isFile()) return writeFile(path, bytes);
  const target = old ? await realpath(path) : path;
  const draft = `${target}.${randomUUID()}`;
  try {
    await writeFile(draft, bytes, { flag: 'wx', mode: old?.mode ?? 0o666 });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

export async function writeOutput(path: string, bytes: Uint8Array): Promise<void> {
  try {
    if (path === '-') writeFully(STDOUT, bytes);
    else await replace(path, bytes);
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`, false);
  }
}
