/** A cache of folders below the user's cache directory, where only this user can write. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, readdir, readFile, rename, rm, utimes } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { UsageError } from './options.mjs';
import { isOwn, isPrivate, trusted } from './trust.mjs';

const MAX_AGE_MS = 30 * 24 * 60 * 60 * 1000;

type Files = Record<string, Uint8Array | string>;

/** The file in each folder that lists its other files, with their sizes. */
const LIST = 'files.json';

/** Whether a path is absolute. On Windows, a path that begins with a slash depends on the drive. */
const isWhole = (path: string | undefined): path is string =>
  path !== undefined && isAbsolute(path) && (process.platform !== 'win32' || /^([a-z]:|[\\/])[\\/]/i.test(path));

/** The user's cache directory. The XDG specification says to ignore a path that is not absolute. */
function cacheHome(): string | undefined {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (isWhole(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  if (process.platform === 'win32' && isWhole(LOCALAPPDATA)) return LOCALAPPDATA;
  try {
    return isWhole(homedir()) ? join(homedir(), '.cache') : undefined;
  } catch {
    return undefined; // No HOME, and the system does not know this user.
  }
}

/** Makes a folder, unless other users could replace it: then it might be in somebody's way. */
async function makeFolder(path: string): Promise<void> {
  let above = path;
  while ((await lstat(above).catch(() => undefined)) === undefined && dirname(above) !== above) above = dirname(above);
  if (above !== path && (await trusted(above))) await mkdir(path, { mode: 0o700, recursive: true });
}

/** A folder of this user alone, made if needed, in a folder that other users cannot change. */
async function ownFolder(parent: string, name: string, accept: typeof isOwn): Promise<string | undefined> {
  const folder = join(parent, name);
  await mkdir(folder, { mode: 0o700 }).catch(() => undefined);
  const stats = await lstat(folder).catch(() => undefined);
  return stats?.isDirectory() && accept(stats) ? folder : undefined;
}

/** The folder of the cache, if it can be trusted. */
async function cacheDirectory(): Promise<string | undefined> {
  const home = cacheHome();
  if (home === undefined) return undefined;
  await makeFolder(home).catch(() => undefined);
  const base = await trusted(home);
  const own = base && (await ownFolder(base, 'wasi-mmap', isOwn));
  return own && ownFolder(own, 'node', isPrivate);
}

async function writeFile(path: string, content: Uint8Array | string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync(); // The bytes are on the disk before the folder gets its name.
  } finally {
    await file.close();
  }
}

async function writeAll(folder: string, files: Files): Promise<void> {
  const sizes = Object.entries(files).map(([name, content]) => [name, Buffer.byteLength(content)]);
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  await writeFile(join(folder, LIST), JSON.stringify(sizes));
}

/** Whether a folder has all files of its list, and no files of other users. */
async function isComplete(folder: string): Promise<boolean> {
  try {
    const stats = await lstat(folder);
    if (!stats.isDirectory() || !isPrivate(stats)) return false;
    const sizes = new Map<string, number>();
    for (const name of await readdir(folder)) {
      const file = await lstat(join(folder, name));
      if (!file.isFile() || !isOwn(file)) return false;
      if (name !== LIST) sizes.set(name, file.size);
    }
    const list = JSON.parse(await readFile(join(folder, LIST), 'utf8')) as Array<[string, number]>;
    return list.length === sizes.size && list.every(([name, size]) => sizes.get(name) === size);
  } catch {
    return false;
  }
}

/** Removes folders that were not used for a month. Another process may do the same. */
async function prune(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const folder = join(directory, name);
    const used = await lstat(folder).catch(() => undefined);
    if (used && Date.now() - used.mtimeMs > MAX_AGE_MS) await rm(folder, { recursive: true, force: true });
  }
}

/** A folder that is removed when the process ends. */
async function temporary(files: Files): Promise<string> {
  const candidates = process.platform === 'win32' ? [tmpdir()] : [tmpdir(), '/tmp', '/var/tmp'];
  for (const candidate of candidates) {
    const parent = await trusted(candidate);
    const folder = parent && (await mkdtemp(join(parent, 'wasi-mmap-')).catch(() => undefined));
    if (!folder) continue;
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    await writeAll(folder, files);
    return folder;
  }
  throw new UsageError(`no folder for temporary files that others cannot change: ${candidates.join(', ')}`, false);
}

/**
 * The folder of this key, made if needed. It gets its name only when it is complete, so processes may race and die. If there is
 * no cache directory that this user, and no other, can write, it is a temporary folder.
 *
 * @param key a name for a file
 */
export async function cached(key: string, make: () => Promise<Files>): Promise<string> {
  const directory = await cacheDirectory();
  if (!directory) return temporary(await make());
  const folder = join(directory, key);
  const now = new Date();
  if (await isComplete(folder)) {
    await utimes(folder, now, now).catch(() => undefined); // For example on a read-only disk.
    return folder;
  }
  const files = await make();
  const draft = join(directory, `${key}.${randomUUID()}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeAll(draft, files);
    // An incomplete folder is of no use; a complete one of another process is.
    if (!(await isComplete(folder))) await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    await prune(directory);
    return folder;
  } catch {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    // Another process was faster, or nothing can be written there.
    return (await isComplete(folder)) ? folder : temporary(files);
  }
}
