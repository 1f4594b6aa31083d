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

/** Undefined: the system has no users of this kind. */
const user = (): number | undefined => process.geteuid?.();

/** Whether others can neither change it nor be its owner. */
export function isOwn({ uid, mode }: Stats): boolean {
  return user() === undefined || (uid === user() && (mode & WRITABLE_BY_OTHERS) === 0);
}

/** Whether others can do nothing with it at all. */
export function isPrivate({ uid, mode }: Stats): boolean {
  return user() === undefined || (uid === user() && (mode & ANY_FOR_OTHERS) === 0);
}

/** Whether others cannot exchange what is in this folder and is this user's or root's. */
function keepsEntries({ uid, mode }: Stats): boolean {
  return (uid === 0 || uid === user()) && ((mode & WRITABLE_BY_OTHERS) === 0 || (mode & STICKY) !== 0);
}

/** The folder without symbolic links in its path, if others cannot exchange what is in it. */
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
