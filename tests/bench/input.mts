/** The file that is measured: text, in the page cache, with the needles that the searches look for. */
import { closeSync, openSync, writeSync } from 'node:fs';

export const FILE_SIZE = 2 ** 30;
/** Searches take the first part of it. */
export const SEARCH_SIZE = 2 ** 28;

const LETTERS = 'etaoinshrdlu etaoinshrdlu eeettaaooinns cmfwypvbgk ,.\n';
const PROSE = 'the rain in spain stays mainly in the plain, or so the old song says; '.repeat(3);

export interface Needle {
  name: string;
  /** For find; and for rfind, where V8 looks for the last byte first. */
  forward: string;
  backward: string;
  present: boolean;
  /** Whether the byte that V8 looks for first is common in the text. If it is rare, V8 is at the speed of memory. */
  common: boolean;
}

const absent = (name: string, forward: string, backward: string, common: boolean): Needle => {
  return { name: `${name}, absent`, forward, backward, present: false, common };
};

/** Ends in a letter that the text has not, and so do its tails: they stand at both ends of what is searched. */
const PRESENT = `${PROSE.slice(0, 199)}W`;

const present = (length: number): Needle => {
  const text = PRESENT.slice(-length);
  return { name: `${length} bytes, at the far end`, forward: text, backward: text, present: true, common: length > 1 };
};

export const NEEDLES: Needle[] = [
  absent('1 byte', 'Z', 'Z', false),
  absent('2 bytes, first common', 'tQ', 'Qt', true),
  absent('2 bytes, first rare', 'Zt', 'tZ', false),
  ...[15, 200].flatMap((length) => {
    const other = Buffer.from(PROSE).reverse().toString(); // PRESENT has the beginning of PROSE.
    const [text, rest] = [other.slice(0, length), other.slice(0, length - 1)];
    return [
      absent(`${length} bytes, all common`, text, text, true),
      absent(`${length} bytes, first rare`, `Z${rest}`, `${rest}Z`, false),
    ];
  }),
  ...[1, 2, 15, 200].map(present),
];

/** Where a search for a present needle begins (find) and ends (rfind), so that it meets the one at the far end. */
export const MARGIN = 4096;

export function makeFile(path: string): void {
  const block = Buffer.alloc(2 ** 24);
  let state = 1;
  for (let index = 0; index < block.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    block[index] = LETTERS.charCodeAt((state >>> 16) % LETTERS.length);
  }
  const fd = openSync(path, 'w');
  for (let done = 0; done < FILE_SIZE; done += block.length) writeSync(fd, block);
  writeSync(fd, PRESENT, 0);
  writeSync(fd, PRESENT, SEARCH_SIZE - PRESENT.length);
  closeSync(fd);
}
