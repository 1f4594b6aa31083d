/** The resource `directory-entry-stream` of `wasi:filesystem`. */
import { lstatSync, readdirSync, type Dirent } from 'node:fs';
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type {
  DescriptorType,
  DirectoryEntry,
  DirectoryEntryStream,
} from '../bindings/interfaces/wasi-filesystem-types.js';
import { decode } from './locate.mjs';
import { typeOf } from './times.mjs';

// An instance of the shim's class can stand where one of the shim's stands.
const ShimEntries = types.DirectoryEntryStream as unknown as new () => object;

interface Entry {
  readonly name: Uint8Array;
  readonly type: DescriptorType;
}

/** Bun gives names alone where they are to be bytes, so their types are asked for. */
function toEntry(folder: string, entry: Dirent<Buffer> | Buffer): Entry {
  if ('name' in entry) return { name: entry.name, type: typeOf(entry) };
  const stats = lstatSync(Buffer.concat([Buffer.from(`${folder}/`), entry]), { bigint: true, throwIfNoEntry: false });
  return { name: entry, type: stats ? typeOf(stats) : 'unknown' };
}

/** The names of a directory, as they were when it was opened. */
export class Entries extends ShimEntries implements DirectoryEntryStream {
  readonly #entries: readonly Entry[];
  #at = 0;

  constructor(path: string) {
    super();
    const entries: Array<Dirent<Buffer> | Buffer> = readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
    this.#entries = entries.map((entry) => toEntry(path, entry));
  }

  readDirectoryEntry(): DirectoryEntry | undefined {
    const entry = this.#entries[this.#at];
    if (entry === undefined) return undefined;
    this.#at += 1;
    return { type: entry.type, name: decode(entry.name) };
  }
}
