/** Finds the file that a guest names, without leaving the directory that it starts from. */
import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { attempt, refuse } from './codes.mjs';
import type { Folder } from './folder.mjs';

/** As many as Linux follows. */
const MOST_LINKS = 40;

const SEPARATOR = process.platform === 'win32' ? /[\\/]/ : /\//;

/**
 * What a symbolic link at the end of a path is: followed, followed if a slash follows it, or itself meant, as for calls that
 * make and remove names.
 */
export type Links = 'follow' | 'slash' | 'keep';

/** Where a path leads. */
export interface Place {
  /** The directory that has the name, or itself is meant. It is closed after the call. */
  readonly folder: Folder;
  /** The last name, which may not exist; undefined if the path ends with one or two dots. */
  readonly name: string | undefined;
  /** Whether the path says that it is a directory, by a slash at its end. */
  readonly directory: boolean;
}

/** Decodes bytes of the file system, whose names need not be text. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('illegal-byte-sequence');
  }
}

/** The target of a symbolic link, with slashes. Guests do not see where an absolute one leads, and cannot follow it. */
export function targetOf(path: string): string {
  const target = decode(attempt(() => readlinkSync(path, 'buffer')));
  const plain = process.platform === 'win32' ? target.replaceAll('\\', '/') : target;
  if (plain.startsWith('/') || (process.platform === 'win32' && /^[a-z]:/i.test(plain))) refuse('not-permitted');
  return plain;
}

const statOf = (path: string): BigIntStats | undefined =>
  attempt(() => lstatSync(path, { bigint: true, throwIfNoEntry: false }));

/** Walks a path name by name, as the system does: `..` is the parent of what the names before it lead to. */
class Walk {
  readonly #folders: Folder[];
  #links = 0;
  readonly #left: string[];
  directory: boolean;

  constructor(base: Folder, path: string) {
    if (path === '') refuse('no-entry');
    if (/^[/\\]/.test(path) && SEPARATOR.test(path[0] as string)) refuse('not-permitted');
    this.#folders = [base];
    this.#left = path.split(SEPARATOR);
    this.directory = SEPARATOR.test(path.at(-1) as string);
  }

  get folder(): Folder {
    return this.#folders.at(-1) as Folder;
  }

  /** Closes all directories but the first, which is the caller's, and the last, which is the result's. */
  #closeAllBut(kept: Folder | undefined): void {
    for (const folder of this.#folders.slice(1)) if (folder !== kept) folder.close();
  }

  #follow(path: string, isLast: boolean): void {
    this.#links += 1;
    if (this.#links > MOST_LINKS) refuse('loop');
    const target = targetOf(path);
    if (isLast) this.directory ||= target.endsWith('/');
    this.#left.unshift(...target.split('/'));
  }

  #step(name: string, links: Links): string | undefined {
    if (name === '' || name === '.') return undefined;
    if (name === '..') {
      if (this.#folders.length === 1) refuse('not-permitted');
      this.#folders.pop()?.close();
      return undefined;
    }
    const path = this.folder.at(name);
    // A dot at the end wants a directory, which it then is itself.
    const isLast = this.#left.every((left) => left === '');
    if (isLast && (links === 'keep' || (links === 'slash' && !this.directory))) return name;
    const stats = statOf(path);
    if (stats?.isSymbolicLink()) {
      this.#follow(path, isLast);
      return undefined;
    }
    if (isLast) return name;
    if (!stats) refuse('no-entry');
    if (!stats.isDirectory()) refuse('not-directory');
    this.#folders.push(attempt(() => this.folder.inside(name)));
    return undefined;
  }

  run(links: Links): Place {
    let result: Folder | undefined;
    try {
      for (let next = this.#left.shift(); next !== undefined; next = this.#left.shift()) {
        const name = this.#step(next, links);
        if (name === undefined) continue;
        result = this.folder;
        return { folder: result, name, directory: this.directory };
      }
      result = this.folder;
      return { folder: result, name: undefined, directory: true };
    } finally {
      this.#closeAllBut(result);
    }
  }
}

/**
 * Calls a function with the place that a path leads to.
 *
 * @param base where the path begins, and what it cannot leave
 */
export function locate<T>(base: Folder, path: string, links: Links, call: (place: Place) => T): T {
  const place = new Walk(base, path).run(links);
  try {
    return attempt(() => call(place));
  } finally {
    if (place.folder !== base) place.folder.close();
  }
}

/** Whether there is something with the name of a place. */
export const exists = ({ folder, name }: Place): boolean => name === undefined || statOf(folder.at(name)) !== undefined;

/** The path of a place that need not exist. What it names must be a directory if the path says so. */
export function pathOf({ folder, name, directory }: Place): string {
  if (name === undefined) return folder.at('.');
  const path = folder.at(name);
  if (directory && statOf(path)?.isDirectory() === false) refuse('not-directory');
  return path;
}
