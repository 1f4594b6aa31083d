/** Folders of files that are dear to make, kept below the user's cache directory. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;

function cacheDirectory(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'wasi-mmap', 'run');
}

async function writeAll(folder: string, files: Record<string, Uint8Array | string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** Removes what nobody used for a month. Another process may do the same. */
async function prune(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const folder = join(directory, name);
    const used = await stat(folder).catch(() => undefined);
    if (used && Date.now() - used.mtimeMs > MAX_AGE_MS) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The folder of this key, made if need be. It appears under its name only when it is complete, so that processes may
 * race and die. Without a cache directory that can be written it is a temporary one, removed when the process ends.
 */
export async function cached(key: string, make: () => Promise<Record<string, Uint8Array | string>>): Promise<string> {
  const directory = cacheDirectory();
  const folder = join(directory, key);
  const now = new Date();
  if (
    await utimes(folder, now, now).then(
      () => true,
      () => false,
    )
  )
    return folder;
  const files = await make();
  const draft = join(directory, `${key}.${randomUUID()}`);
  try {
    await writeAll(draft, files);
    await rename(draft, folder);
    await prune(directory);
    return folder;
  } catch {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    // Another process was faster, or nothing can be written there.
    if (await stat(folder).catch(() => undefined)) return folder;
    const temporary = await mkdtemp(join(tmpdir(), 'wasi-mmap-'));
    process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));
    await writeAll(temporary, files);
    return temporary;
  }
}
