/**
 * `mreplace OLD NEW FILE...`: replaces a text by another of the same length, in place, and writes only the changed bytes. The
 * exit code is 0 if a text was replaced, 1 if none was, 2 after an error.
 */
import { mmap, MmapError } from 'wasi-mmap/guest';
import { main, writeError, writeText } from './command.ts';

/** Replaces in one file, and returns how often. */
function replace(path: string, before: Uint8Array, after: Uint8Array): number {
  const map = mmap(path, 0, 'write');
  try {
    let replaced = 0;
    for (let at = map.find(before, 0); at >= 0; at = map.find(before, at + before.length)) {
      map.set(after, at);
      replaced += 1;
    }
    map.flush();
    return replaced;
  } finally {
    map.close();
  }
}

export const run = main((words) => {
  const [before = '', after = '', ...paths] = words;
  const encoder = new TextEncoder();
  const [old, fresh] = [encoder.encode(before), encoder.encode(after)];
  if (paths.length === 0 || old.length === 0 || old.length !== fresh.length) {
    return writeError('usage: mreplace OLD NEW FILE...   (OLD and NEW of the same length in bytes)');
  }
  let all = 0;
  let failed = false;
  for (const path of paths) {
    try {
      const replaced = replace(path, old, fresh);
      writeText(`${path}: ${replaced}\n`);
      all += replaced;
    } catch (error) {
      if (error instanceof MmapError && error.code === 'empty-file') {
        writeText(`${path}: 0\n`);
        continue;
      }
      writeError(`mreplace: ${path}: ${(error as Error).message}`);
      failed = true;
    }
  }
  return failed ? 2 : all > 0 ? 0 : 1;
});
