/**
 * `mgrep [-c] [-n] TEXT FILE...`: prints the lines that contain the text, like `grep -aF`, but maps the files and lets the
 * host search. The exit code is 0 if a line was found, 1 if none was, 2 after an error.
 */
import { mmap, MmapError, type Mmap } from 'wasi-mmap/guest';
import { main, writeBytes, writeError, writeText } from './command.ts';

const CHUNK = 64 * 1024;

interface Options {
  count: boolean;
  numbers: boolean;
  prefix: string;
}

/** The pieces of a range, each as an array. */
function* chunks(map: Mmap, start: number, end: number): Generator<Uint8Array> {
  for (let at = start; at < end; at += CHUNK) yield map.slice(at, Math.min(at + CHUNK, end));
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1;
  return count;
}

/** Prints the lines of one file, and returns how many were found. */
function search(map: Mmap, needle: Uint8Array, { count, numbers, prefix }: Options): number {
  let line = 1;
  let found = 0;
  for (let start = 0; start < map.length;) {
    const hit = map.find(needle, start);
    if (hit < 0) break;
    const newline = map.find('\n', hit);
    const end = newline < 0 ? map.length : newline;
    found += 1;
    if (!count) {
      const before = map.rfind('\n', start, hit);
      const first = before < 0 ? start : before + 1;
      writeText(prefix);
      if (numbers) {
        for (const chunk of chunks(map, start, first)) line += countNewlines(chunk);
        writeText(`${line}:`);
        line += 1;
      }
      for (const chunk of chunks(map, first, end)) writeBytes(chunk);
      writeText('\n');
    }
    start = end + 1;
  }
  return found;
}

function searchFile(path: string, needle: Uint8Array, options: Options): number {
  let found = 0;
  try {
    const map = mmap(path, 0, 'read');
    try {
      found = search(map, needle, options);
    } finally {
      map.close();
    }
  } catch (error) {
    if (!(error instanceof MmapError) || error.code !== 'empty-file') throw error; // An empty file has no lines.
  }
  if (options.count) writeText(`${options.prefix}${found}\n`);
  return found;
}

export const run = main((words) => {
  const options: Options = { count: false, numbers: false, prefix: '' };
  let at = 0;
  for (; at < words.length && /^-./.test(words[at] as string); at += 1) {
    if (words[at] === '--') {
      at += 1;
      break;
    }
    for (const letter of (words[at] as string).slice(1)) {
      if (letter === 'c') options.count = true;
      else if (letter === 'n') options.numbers = true;
      else return writeError(`mgrep: unknown option -${letter}`);
    }
  }
  const [text, ...paths] = words.slice(at);
  if (text === undefined || text.includes('\n') || paths.length === 0) {
    return writeError('usage: mgrep [-c] [-n] TEXT FILE...   (TEXT is one line)');
  }
  const needle = new TextEncoder().encode(text);
  let any = false;
  let failed = false;
  for (const path of paths) {
    try {
      if (paths.length > 1) options.prefix = `${path}:`;
      any = searchFile(path, needle, options) > 0 || any;
    } catch (error) {
      writeError(`mgrep: ${path}: ${(error as Error).message}`);
      failed = true;
    }
  }
  return failed ? 2 : any ? 0 : 1;
});
