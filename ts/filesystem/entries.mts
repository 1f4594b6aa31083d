/** The resource `directory-entry-stream` of `wasi:filesystem`. */
import { readdirSync } from 'node:fs';
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

/** The names of a directory, as they were when it was opened. */
export class Entries extends ShimEntries implements DirectoryEntryStream {
  readonly #entries: Array<{ name: Uint8Array; type: DescriptorType }>;
  #at = 0;

  constructor(path: string) {
    super();
    const entries = readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
    // @types/node declares names as text for every encoding.
    this.#entries = entries.map((entry) => ({ name: entry.name as unknown as Uint8Array, type: typeOf(entry) }));
  }

  readDirectoryEntry(): DirectoryEntry | undefined {
    const entry = this.#entries[this.#at];
    if (entry === undefined) return undefined;
    this.#at += 1;
    return { type: entry.type, name: decode(entry.name) };
  }
}
