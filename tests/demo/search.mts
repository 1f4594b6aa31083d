/** Finding a symbol in a large file: by mapping it, and by reading it piece by piece. */
import { closeSync, copyFileSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mmap } from 'wasi-mmap';
import { TITLES, type DemoGuest } from './guests.mjs';

export interface Found {
  how: string;
  first: number;
  last: number;
  milliseconds: number;
}

function timed(how: string, run: () => [number, number]): Found {
  let best = Infinity;
  let result: [number, number] = [-1, -1];
  for (let round = 0; round < 3; round += 1) {
    const start = performance.now();
    result = run();
    best = Math.min(best, performance.now() - start);
  }
  return { how, first: result[0], last: result[1], milliseconds: best };
}

/** First and last place in pieces of the file that overlap by the needle's length. */
function byReading(path: string, needle: string): [number, number] {
  const fd = openSync(path, 'r');
  const buffer = Buffer.alloc(1 << 20);
  let first = -1;
  let last = -1;
  let position = 0;
  for (;;) {
    const count = readSync(fd, buffer, 0, buffer.length, position);
    const piece = buffer.subarray(0, count);
    const here = piece.indexOf(needle);
    if (here >= 0) {
      if (first < 0) first = position + here;
      last = position + piece.lastIndexOf(needle);
    }
    if (count < buffer.length) break;
    position += count - needle.length + 1;
  }
  closeSync(fd);
  return [first, last];
}

function byMapping(path: string, needle: string): [number, number] {
  const map = mmap(path, 0, 'read');
  const result: [number, number] = [map.find(needle, 0), map.rfind(needle, 0)];
  map.close();
  return result;
}

export function search(path: string, needle: string): Found[] {
  return [
    timed('mapping: find and rfind', () => byMapping(path, needle)),
    timed('fs.readSync, 1 MiB pieces', () => byReading(path, needle)),
  ];
}

/** The same by a guest, which asks its host to search. */
export async function searchInGuest(
  { language, host, guest }: DemoGuest,
  folder: string,
  path: string,
  needle: string,
): Promise<Found> {
  const copy = join(folder, 'searched'); // A guest sees build/ only.
  copyFileSync(path, copy);
  const session = await guest.openExisting(copy);
  await session.answer({ op: 'mmap', access: 'read', length: 0, offset: 0 });
  const range = { needle, start: 0, end: statSync(copy).size };
  const start = performance.now();
  const first = Number(await session.answer({ op: 'find', ...range }));
  const last = Number(await session.answer({ op: 'rfind', ...range }));
  const milliseconds = performance.now() - start;
  await session.close();
  return { how: `guest in ${TITLES[language]}, ${host}`, first, last, milliseconds };
}
