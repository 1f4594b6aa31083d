/**
 * `mmap()` as `fs/promises` would have it: it does not block the event loop, and can be cancelled. The {@link Mmap} is the
 * same as that of `wasi-mmap`: its `promises` has what may wait for the disk later.
 *
 * @packageDocumentation
 */
import { abortable, signalOf, type AsyncOptions } from './abort.js';
import type { Access } from './backend.js';
import type { Mmap } from './mmap.js';
import { files } from './node/builtins.js';
import { mapSource, openFlags, pathOf, type Source } from './node/open.js';
import { parseArguments, type MmapOptions, type Parsed } from './request.js';

export type { Source };
export { AbortError, type AbortSignalLike, type AsyncOptions } from './abort.js';
export { constants, type MmapOptions } from './request.js';

/** The arguments of `mmap()` by name, and a signal that cancels it. */
export interface AsyncMmapOptions extends MmapOptions, AsyncOptions {}

async function openAndMap(file: Source, parsed: Parsed): Promise<Mmap> {
  const path = pathOf(file);
  if (path === undefined) return mapSource(file, parsed);
  const handle = await files.promises.open(path as string | URL, openFlags(parsed));
  try {
    return mapSource(handle, parsed);
  } finally {
    await handle.close();
  }
}

async function load(map: Mmap, signal: AsyncOptions['signal']): Promise<void> {
  try {
    await map.promises.populate(0, map.length, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    // Bytes that cannot be loaded are an error when they are accessed.
  }
}

/**
 * Maps a file, or zero-filled memory. Arguments and errors are those of `mmap()` of `wasi-mmap`; the promise rejects with
 * what that throws. A descriptor or FileHandle may be closed as soon as this returns.
 */
export async function mmap(
  file: Source,
  length?: number | bigint,
  access?: Access,
  offset?: number | bigint,
): Promise<Mmap>;
/**
 * Maps a file with its arguments by name. With `populate` it resolves when all bytes are in memory.
 *
 * @throws {AbortError} if the signal is aborted before; nothing stays mapped then
 */
export async function mmap(file: Source, options: AsyncMmapOptions): Promise<Mmap>;
export async function mmap(
  file: Source,
  lengthOrOptions?: number | bigint | AsyncMmapOptions,
  access?: Access,
  offset?: number | bigint,
): Promise<Mmap> {
  let options = lengthOrOptions;
  let signal: AsyncOptions['signal'];
  if (typeof options === 'object' && options !== null) {
    const { signal: given, ...rest } = options;
    signal = signalOf({ signal: given });
    options = rest;
  }
  const { populate, ...parsed } = parseArguments(options, access, offset);
  let stopped = false;
  const work = (async (): Promise<Mmap> => {
    const map = await openAndMap(file, { ...parsed, populate: false });
    try {
      if (populate && !stopped) await load(map, signal);
    } catch (error) {
      map.close();
      throw error;
    }
    if (stopped) map.close();
    return map;
  })();
  return abortable(signal, work, () => (stopped = true));
}
