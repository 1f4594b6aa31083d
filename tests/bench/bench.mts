/**
 * Ratios against the rivals, side by side in one run. QUICK=1: the quick form; COMPARE=file: what got slower since. Ends with 1 if an answer is wrong, never because of a
 * time.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { mmap } from 'wasi-mmap';
import { readReport, tell } from './compare.mjs';
import type { Rounds } from './figures.mjs';
import { generationFigures } from './generations.mjs';
import { grepFigures, guestFigures, wasmtimeFigures } from './guest.mjs';
import { FILE_SIZE, makeFile, MARGIN, NEEDLES, SEARCH_SIZE } from './input.mjs';
import { coreFigures, loadMmapIo, MMAP_IO, pythonFigures, pythonVersion } from './peer.mjs';
import { polyfillFigures } from './polyfill.mjs';
import { programFigures } from './programs.mjs';
import { pythonGuestFigures } from './python.mjs';
import { drawAll } from './plots.mjs';
import { add, heading, measure, QUICK, rounds, speed, write } from './report.mjs';
import { serveFigures } from './serve.mjs';
import { waitingFigures } from './waiting.mjs';

// Read first: a wrong name must not cost a run.
const kept = process.env['COMPARE'] ? readReport(process.env['COMPARE']) : undefined;
const mmapIo = loadMmapIo();
const folder = mkdtempSync(resolve('build', 'bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const path = `${folder}/text`;
console.log('writing a file of 1 GiB');
makeFile(path);

let sink = 0; // Results go here, so that no loop is dead.
let wrong = 0;
// In pairs: for find and for rfind.
const absentNeedles = NEEDLES.filter(({ present }) => !present).flatMap(({ forward, backward }) => [forward, backward]);
const core = coreFigures(path, SEARCH_SIZE, absentNeedles);
const python = pythonFigures(path, SEARCH_SIZE, absentNeedles);
const fd = openSync(path, 'r');
const map = mmap(fd, 0, 'read');
const view = map.view();
const peer = mmapIo?.map(FILE_SIZE, mmapIo.PROT_READ, mmapIo.MAP_SHARED, fd, 0);

const COUNT = 20_000;
const places = Array.from({ length: COUNT }, (_, index) => ((index * 2654435761) % 2 ** 32) % (FILE_SIZE - 4096));
const forPlaces = (use: (place: number) => number) => (): number => {
  for (const place of places) sink += use(place);
  return COUNT;
};

heading('Random reads of 4 KiB');
{
  const target = new Uint8Array(4096);
  const buffer = Buffer.alloc(4096);
  const times = measure({
    readInto: forPlaces((place) => (map.seek(place), map.readInto(target), target[0] as number)),
    slice: forPlaces((place) => map.slice(place, place + 4096)[0] as number),
    view: forPlaces((place) => view.subarray(place, place + 4096)[0] as number),
    readSync: forPlaces((place) => (readSync(fd, buffer, 0, 4096, place), buffer[0] as number)),
    peer: forPlaces((place) => (peer ? (peer.copy(buffer, 0, place, place + 4096), buffer[0] as number) : 0)),
  });
  add('random 4 KiB', 'readInto', 'fs.readSync', 'ns', times.readInto, times.readSync, 2);
  add('random 4 KiB', 'slice', 'fs.readSync', 'ns', times.slice, times.readSync);
  add('random 4 KiB', 'view', 'fs.readSync', 'ns', times.view, times.readSync, 5);
  if (peer) add('random 4 KiB', 'readInto', `${MMAP_IO} copy`, 'ns', times.readInto, times.peer);
  add('random 4 KiB', 'slice', 'CPython slice', 'ns', times.slice, python.read_ns);
  add('random 4 KiB', 'readInto', 'core, wmcore_read', 'ns', times.readInto, core.read_ns);
  add('random 4 KiB', 'readInto', 'C, memcpy', 'ns', times.readInto, core.memcpy_ns);
}

heading('Reading everything once');
{
  const block = 65_536;
  const target = new Uint8Array(block);
  const words = (bytes: Uint8Array): number => {
    const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    let sum = 0;
    for (let index = 0; index < numbers.length; index += 1) sum = (sum + (numbers[index] as number)) | 0;
    return sum;
  };
  const sums: Record<string, number> = {};
  const times = measure(
    {
      readInto: () => {
        let sum = 0;
        map.seek(0);
        while (map.readInto(target) > 0) sum = (sum + words(target)) | 0;
        sums['readInto'] = sum;
        return 1;
      },
      view: () => {
        sums['view'] = words(view);
        return 1;
      },
      readSync: () => {
        let sum = 0;
        for (let at = 0; at < FILE_SIZE; at += block) {
          readSync(fd, target, 0, block, at);
          sum = (sum + words(target)) | 0;
        }
        sums['readSync'] = sum;
        return 1;
      },
      readFile: () => {
        sums['readFile'] = words(readFileSync(path));
        return 1;
      },
      copy: () => {
        map.seek(0);
        while (map.readInto(target) > 0) sink += target[0] as number;
        return 1;
      },
    },
    rounds(4, 2),
  );
  const rate = (name: keyof typeof times): Rounds => speed(FILE_SIZE, times[name]);
  add('sum of 1 GiB', 'view', 'fs.readSync, 64 KiB', 'GB/s', rate('view'), rate('readSync'));
  add('sum of 1 GiB', 'view', 'fs.readFileSync', 'GB/s', rate('view'), rate('readFile'));
  add('sum of 1 GiB', 'readInto, 64 KiB', 'fs.readSync, 64 KiB', 'GB/s', rate('readInto'), rate('readSync'));
  add('copy of 1 GiB', 'readInto, 64 KiB', 'C, memcpy', 'GB/s', rate('copy'), core.sequential);
  if (new Set(Object.values(sums)).size !== 1) {
    wrong += 1;
    console.log(`WRONG: the sums differ: ${JSON.stringify(sums)}`);
  }
}

heading('Searching 256 MiB');
{
  const part = mmap(fd, SEARCH_SIZE, 'read');
  const heap = Buffer.from(part.slice());
  for (const [index, { name, forward, backward, present, common }] of NEEDLES.entries()) {
    const [needle, last] = [Buffer.from(forward), Buffer.from(backward)];
    const answers: Record<string, number> = {};
    const run = (key: string, search: () => number) => (): number => {
      answers[key] = search();
      return 1;
    };
    // A present needle stands at both ends: each search goes to the far one.
    const start = present ? MARGIN : 0;
    const end = SEARCH_SIZE - start;
    const head = heap.subarray(0, end);
    const times = measure(
      {
        find: run('find', () => part.find(needle, start)),
        indexOf: run('find in a Buffer', () => heap.indexOf(needle, start)),
        rfind: run('rfind', () => part.rfind(last, 0, end)),
        lastIndexOf: run('rfind in a Buffer', () => head.lastIndexOf(last)),
      },
      rounds(5),
    );
    const rate = (nanoseconds: Rounds): Rounds => speed(SEARCH_SIZE, nanoseconds);
    const target = !present && common ? 5 : 0.9;
    add(name, 'find', 'Buffer.indexOf', 'GB/s', rate(times.find), rate(times.indexOf), target);
    add(name, 'rfind', 'Buffer.lastIndexOf', 'GB/s', rate(times.rfind), rate(times.lastIndexOf), target);
    const [c, cLast] = [core.searches[2 * index], core.searches[2 * index + 1]];
    const [py, pyLast] = [python.searches[2 * index], python.searches[2 * index + 1]];
    if (c && cLast && py && pyLast) {
      add(name, 'find (core)', 'glibc memmem', 'GB/s', c.find, c.memmem, 1);
      add(name, 'rfind (core)', 'glibc memmem, forward', 'GB/s', cLast.rfind, cLast.memmem, 1);
      add(name, 'find', 'CPython find', 'GB/s', rate(times.find), py.find);
      add(name, 'rfind', 'CPython rfind', 'GB/s', rate(times.rfind), pyLast.rfind);
    }
    const right = present ? [SEARCH_SIZE - needle.length, 200 - needle.length] : [-1, -1];
    const got = [answers['find'], answers['find in a Buffer'], answers['rfind'], answers['rfind in a Buffer']];
    if (got[0] !== right[0] || got[1] !== right[0] || got[2] !== right[1] || got[3] !== right[1]) {
      wrong += 1;
      console.log(`WRONG: ${name}: ${got.join(', ')}, not ${right.join(', ')}`);
    }
  }
  part.close();
}

heading('Opening, one byte, closing');
{
  const repeat = (count: number, call: () => number) => (): number => {
    for (let done = 0; done < count; done += 1) sink += call();
    return count;
  };
  const byte = Buffer.alloc(1);
  const times = measure(
    {
      mmap: repeat(2000, () => {
        const one = mmap(path, 4096, 'read');
        const value = one.at(0) as number;
        one.close();
        return value;
      }),
      readSync: repeat(2000, () => {
        const opened = openSync(path, 'r');
        readSync(opened, byte, 0, 1, 0);
        closeSync(opened);
        return byte[0] as number;
      }),
      peer: repeat(2000, () => {
        if (!mmapIo) return 0;
        const opened = openSync(path, 'r');
        const value = mmapIo.map(4096, mmapIo.PROT_READ, mmapIo.MAP_SHARED, opened, 0)[0] as number;
        closeSync(opened);
        return value;
      }),
    },
    rounds(5),
  );
  add('open, one byte, close', 'mmap', 'fs', 'ns', times.mmap, times.readSync);
  if (peer) add('open, one byte, close', 'mmap', `${MMAP_IO} (no unmap)`, 'ns', times.mmap, times.peer);
}

heading('Single bytes and small slices');
{
  const part = mmap(fd, 2 ** 20, 'read');
  const array = part.slice();
  const each = (use: (index: number) => number) => (): number => {
    let sum = 0;
    for (let index = 0; index < array.length; index += 1) sum = (sum + use(index)) | 0;
    sink += sum;
    return array.length;
  };
  const some = Int32Array.from({ length: 50_000 }, (_, index) => (index * 40503) % (array.length - 64));
  const random = (use: (index: number) => number) => (): number => {
    let sum = 0;
    for (let index = 0; index < some.length; index += 1) sum = (sum + use(some[index] as number)) | 0;
    sink += sum;
    return some.length;
  };
  const times = measure({
    at: each((index) => part.at(index) as number),
    atArray: each((index) => array.at(index) as number),
    index: each((index) => array[index] as number),
    atRandom: random((index) => part.at(index) as number),
    atRandomArray: random((index) => array.at(index) as number),
    slice1: random((index) => part.slice(index, index + 1)[0] as number),
    slice1Array: random((index) => array.slice(index, index + 1)[0] as number),
    slice16: random((index) => part.slice(index, index + 16)[0] as number),
    slice16Array: random((index) => array.slice(index, index + 16)[0] as number),
    slice64: random((index) => part.slice(index, index + 64)[0] as number),
    slice64Array: random((index) => array.slice(index, index + 64)[0] as number),
  });
  const third = 0.33;
  add('byte after byte', 'at(i)', 'Uint8Array at(i)', 'ns', times.at, times.atArray, third);
  add('byte after byte', 'at(i)', 'Uint8Array [i]', 'ns', times.at, times.index, third);
  add('random bytes', 'at(i)', 'Uint8Array at(i)', 'ns', times.atRandom, times.atRandomArray, third);
  add('1 byte', 'slice', 'Uint8Array slice', 'ns', times.slice1, times.slice1Array, third);
  add('16 bytes', 'slice', 'Uint8Array slice', 'ns', times.slice16, times.slice16Array, third);
  add('64 bytes', 'slice', 'Uint8Array slice', 'ns', times.slice64, times.slice64Array, third);
  part.close();
}

map.close();
closeSync(fd);
await waitingFigures(path, folder, mmapIo);
await guestFigures(folder);
wasmtimeFigures(folder);
if (!QUICK) generationFigures(folder);
polyfillFigures(folder);
await serveFigures(folder);
wrong += programFigures(folder);
if (!QUICK) await pythonGuestFigures(path);
wrong += grepFigures(folder, 'stays mainly in the plain');
if (!QUICK) wrong += grepFigures(folder, 'shrd');
const versions = { node: process.version, python: pythonVersion(), peer: mmapIo ? MMAP_IO : 'not built' };
const report = write(versions);
await drawAll(report, 'build/reports/plots');
if (kept) console.log(`\n${tell(kept, report)}`);
if (Number.isNaN(sink)) console.log('no sum'); // Keeps the sink alive.
if (wrong > 0) console.log(`${wrong} WRONG answers`);
process.exitCode = wrong > 0 ? 1 : 0;
