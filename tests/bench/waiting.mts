/** The waits of a program: mapping and viewing many times, cold pages, the storage device, and the event loop. */
import { closeSync, fsyncSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { mmap } from 'wasi-mmap';
import type { Rounds } from './figures.mjs';
import { type MmapIo, MMAP_IO } from './peer.mjs';
import { add, heading, measure, rounds, speed } from './report.mjs';

const TIMES = 2000;
const MEBIBYTE = 2 ** 20;

/** Opens many views, as servers do for requests: those of mmap-io end with the garbage collector. */
function viewFigures(path: string, mmapIo: MmapIo | undefined): void {
  heading('Mapping and viewing 4 KiB, 2000 times');
  const fd = openSync(path, 'r');
  const buffer = Buffer.alloc(4096);
  let sink = 0;
  const repeat = (call: () => number) => (): number => {
    for (let done = 0; done < TIMES; done += 1) sink += call();
    return TIMES;
  };
  const times = measure({
    view: repeat(() => {
      const map = mmap(fd, 4096, 'copy');
      const view = map.view();
      map.close();
      return view.length;
    }),
    readSync: repeat(() => readSync(fd, buffer, 0, 4096, 0)),
    peer: repeat(() => mmapIo?.map(4096, mmapIo.PROT_READ, mmapIo.MAP_SHARED, fd, 0).length ?? 0),
  });
  if (mmapIo) add('map and view', 'mmap, view, close', `${MMAP_IO} map`, 'ns', times.view, times.peer);
  add('map and view', 'mmap, view, close', 'fs.readSync of 4 KiB', 'ns', times.view, times.readSync);
  if (Number.isNaN(sink)) console.log('no sum');
  closeSync(fd);
}

/** The first pass over pages that are in the system's cache, but not in the process. */
function populateFigures(path: string): void {
  heading('The first pass over 256 MiB');
  const length = 256 * MEBIBYTE;
  const pass = (populate: boolean) => (): number => {
    const map = mmap(path, { length, access: 'read', populate });
    const view = map.view();
    let sum = 0;
    for (let at = 0; at < length; at += 4096) sum += view[at] as number;
    map.close();
    return sum < 0 ? 0 : 1;
  };
  const times = measure({ populated: pass(true), plain: pass(false) }, rounds(5));
  const rate = (nanoseconds: Rounds): Rounds => speed(length, nanoseconds);
  add('a byte of each page', 'mmap with populate', 'mmap without', 'GB/s', rate(times.populated), rate(times.plain));
}

/** How long a call that makes bytes durable keeps the caller, on the disk of the folder. */
function flushFigures(folder: string): void {
  heading('Storing 16 MiB');
  const path = `${folder}/stored`;
  const bytes = Buffer.alloc(16 * MEBIBYTE);
  writeFileSync(path, bytes);
  const map = mmap(path);
  const fd = openSync(path, 'r+');
  let round = 0;
  const dirty = (): void => void map.fill((round += 1));
  const timesOf = (prepare: () => void, call: () => void): Rounds => {
    const times: number[] = [];
    for (let count = 0; count < 7; count += 1) {
      prepare();
      const start = performance.now();
      call();
      times.push(performance.now() - start);
      fsyncSync(fd); // Each begins on a clean disk.
    }
    return times;
  };
  const flush = timesOf(dirty, () => map.flush());
  const start = timesOf(dirty, () => map.startFlush());
  const fsync = timesOf(
    () => writeSync(fd, bytes, 0, bytes.length, 0),
    () => fsyncSync(fd),
  );
  add('changed pages', 'flush', 'fs.fsyncSync', 'ms', flush, fsync);
  add('changed pages', 'startFlush', 'flush', 'ms', start, flush);
  map.close();
  closeSync(fd);
}

/** The longest time that the event loop stands still while something runs. */
async function longestPause(work: () => unknown): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const state = { ended: false };
  const done = (async () => {
    await new Promise((resolve) => setImmediate(resolve));
    await work();
    state.ended = true;
  })();
  while (!state.ended) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  await done;
  return longest;
}

async function loopFigures(path: string): Promise<void> {
  heading('The event loop, and operations as promises');
  const map = mmap(path, 0, 'read');
  map.populate();
  const absent = Buffer.from('\xff\xfe\xfd', 'latin1');
  const pauses = { sync: [] as number[], promise: [] as number[] };
  for (let round = 0; round < rounds(7, 5); round += 1) {
    pauses.sync.push(await longestPause(() => map.find(absent, 0)));
    pauses.promise.push(await longestPause(() => map.promises.find(absent, 0)));
  }
  add('longest pause, a search of 1 GiB', 'promises.find', 'find', 'ms', pauses.promise, pauses.sync);
  const handle = await open(path);
  const buffer = Buffer.alloc(65_536);
  const time = async (call: (place: number) => Promise<unknown>): Promise<number> => {
    const start = process.hrtime.bigint();
    for (let count = 0; count < 500; count += 1) await call((count * 7_919 * 4096) % (map.length - 65_536));
    return Number(process.hrtime.bigint() - start) / 500;
  };
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds(7, 5); round += 1) {
    ours.push(await time((place) => map.promises.slice(place, place + 65_536)));
    theirs.push(await time((place) => handle.read(buffer, 0, 65_536, place)));
  }
  add('64 KiB', 'promises.slice', 'FileHandle.read', 'ns', ours, theirs);
  await handle.close();
  map.close();
}

/** @param path a file of 1 GiB @param folder where files can be written */
export async function waitingFigures(path: string, folder: string, mmapIo: MmapIo | undefined): Promise<void> {
  viewFigures(path, mmapIo);
  populateFigures(path);
  flushFigures(folder);
  await loopFigures(path);
}
