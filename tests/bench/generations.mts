/** Guests of WASI 0.2 and 0.3 in both hosts: what a mapping costs in each, and against the streams of 0.3. */
import { spawnSync } from 'node:child_process';
import { NODES_P3 } from '../tools/p3.mjs';
import { figuresOf } from './guest.mjs';
import { map, type Rounds } from './figures.mjs';
import { add, heading, measure, rounds, speed } from './report.mjs';

const FILE = 2 ** 30;
const PIECE = 65_536;

/** Runs of one component are compared with shorter ones, so that the start of the process does not count. */
const BYTES = 2_000_000;
const PIECES = 20_000;

/** @param folder holds the file `text` */
function inWasmtime(folder: string): void {
  heading('WASI 0.3 in wasmtime (C)');
  const time = figuresOf(folder, '--generations');
  add('read 1 byte', '0.3', '0.2', 'ns', time('map-byte, 0.3'), time('map-byte, 0.2'));
  const shared = time('map-byte, 0.2, concurrency');
  add('read 1 byte', '0.2, in an engine for both', '0.2, in its own', 'ns', shared, time('map-byte, 0.2'));
  const rate = (name: string): Rounds => speed(FILE, time(name));
  const [sum, piece] = ['sum, 64 KiB at a time', 'scattered 64 KiB'];
  add(sum, '0.3, mapping', '0.2, mapping', 'GB/s', rate('map-sum, 0.3'), rate('map-sum, 0.2'));
  add(sum, '0.3, mapping', '0.3, one stream', 'GB/s', rate('map-sum, 0.3'), rate('file-sum, 0.3'));
  add(sum, '0.3, mapping', '0.2, descriptor.read', 'GB/s', rate('map-sum, 0.3'), rate('file-sum, 0.2'));
  add(piece, '0.3, mapping', '0.2, mapping', 'ns', time('map-read, 0.3'), time('map-read, 0.2'));
  add(piece, '0.3, mapping', '0.3, a stream each', 'ns', time('map-read, 0.3'), time('file-read, 0.3'));
  add(piece, '0.3, mapping', '0.2, descriptor.read', 'ns', time('map-read, 0.3'), time('file-read, 0.2'));
}

/** @param folder holds the file `text` */
function inNode(folder: string): void {
  const [node] = NODES_P3;
  if (node === undefined) {
    console.log('SKIPPED WASI 0.3 in Node: no Node from 24.20 on (.build/setup.sh nodes)');
    return;
  }
  const runs =
    (component: string, verb: string, ...numbers: number[]) =>
    (): number => {
      const words = [
        'run',
        '--dir-ro',
        `${folder}::/`,
        `build/guests/c/${component}.wasm`,
        verb,
        ...numbers.map(String),
      ];
      const { status, stderr } = spawnSync(node, ['dist/cli/main.mjs', ...words], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`${component} ${verb} ended with ${status}: ${stderr}`);
      return 1;
    };
  heading('WASI 0.3 in Node (C)');
  const some = PIECES / 100;
  const times = measure(
    {
      older: runs('bench', 'map-byte', 1),
      olderBytes: runs('bench', 'map-byte', BYTES),
      olderPieces: runs('bench', 'map-read', PIECES, PIECE),
      later: runs('bench-0.3', 'map-byte', 1),
      laterBytes: runs('bench-0.3', 'map-byte', BYTES),
      laterPieces: runs('bench-0.3', 'map-read', PIECES, PIECE),
      laterStreams: runs('bench-0.3', 'file-read', some, PIECE),
    },
    rounds(5),
  );
  const net = (taken: Rounds, once: Rounds, count: number): Rounds => {
    const start = Math.min(...once);
    return map(taken, (time) => (time - start) / count);
  };
  const later = (taken: Rounds, count: number): Rounds => net(taken, times.later, count);
  const olderPiece = net(times.olderPieces, times.older, PIECES);
  add('read 1 byte', '0.3', '0.2', 'ns', later(times.laterBytes, BYTES), net(times.olderBytes, times.older, BYTES));
  const piece = later(times.laterPieces, PIECES);
  add('scattered 64 KiB', '0.3, mapping', '0.2, mapping', 'ns', piece, olderPiece);
  add('scattered 64 KiB', '0.3, mapping', '0.3, a stream each', 'ns', piece, later(times.laterStreams, some));
}

/** @param folder holds the file `text` */
export function generationFigures(folder: string): void {
  inWasmtime(folder);
  inNode(folder);
}
