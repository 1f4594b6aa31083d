/** Writes the result of a command: to a file that appears when it is complete, or to standard output. */
import { randomUUID } from 'node:crypto';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { UsageError } from './options.mjs';

function print(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.on('error', reject);
    process.stdout.write(bytes, () => resolve());
  });
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
    await (path === '-' ? print(bytes) : replace(path, bytes));
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${(error as NodeJS.ErrnoException).code}`, false);
  }
}
