/**
 * Folders that code may run from: only this user and root can change or replace them. On Windows the access list of a user's
 * profile ensures that, and file modes mean nothing.
 */
import type { Stats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';

const WRITABLE_BY_OTHERS = 0o022;
const ANY_FOR_OTHERS = 0o077;
const STICKY = 0o1000;

/** The effective user; undefined on systems without numeric users. */
const user = (): number | undefined => process.geteuid?.();

/** Whether this user owns it, and no other can write it. */
export function isOwn({ uid, mode }: Stats): boolean {
  return user() === undefined || (uid === user() && (mode & WRITABLE_BY_OTHERS) === 0);
}

/** Whether this user owns it, and no other has any access to it. */
export function isPrivate({ uid, mode }: Stats): boolean {
  return user() === undefined || (uid === user() && (mode & ANY_FOR_OTHERS) === 0);
}

/** Whether other users cannot replace entries of this folder that belong to this user or root. */
function keepsEntries({ uid, mode }: Stats): boolean {
  return (uid === 0 || uid === user()) && ((mode & WRITABLE_BY_OTHERS) === 0 || (mode & STICKY) !== 0);
}

/** The real path of the folder, if other users cannot replace it or its entries. */
export async function trusted(folder: string): Promise<string | undefined> {
  if (!isAbsolute(folder)) return undefined;
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined || user() === undefined) return real;
  for (let at = real; ; at = dirname(at)) {
    const stats = await lstat(at).catch(() => undefined);
    if (!stats?.isDirectory() || !keepsEntries(stats)) return undefined;
    if (dirname(at) === at) return real;
  }
}
