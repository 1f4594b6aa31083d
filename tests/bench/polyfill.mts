/** The polyfill: what a mapping over wasi:filesystem costs, and what ordinary files cost through it, on each host. */
import { spawnSync } from 'node:child_process';
import { add, heading, measure, speed } from './report.mjs';

const SIZE = 65_536;
/** Where the contract says so. */
const MAPPING_TARGET = 0.9;
const STREAM_TARGET = 1 / 1.1;

type Cases = Record<'mapped' | 'direct' | 'find' | 'stream' | 'streamDirect' | 'write' | 'writeDirect', () => number>;

/** Runs these programs of build/guests/c with so many blocks each. */
type Start = (program: string, verb: string, count: number, polyfill: boolean) => () => number;

function cases(start: Start, count: number): Cases {
  return {
    mapped: start('bench', 'map-read', count, true),
    direct: start('files', 'pread', count, false),
    find: start('bench', 'map-find', count, true),
    stream: start('files', 'stream', count, true),
    streamDirect: start('files', 'stream', count, false),
    write: start('files', 'write', count, true),
    writeDirect: start('files', 'write', count, false),
  };
}

function report(host: string, times: Record<keyof Cases, number>, mappingTarget?: number): void {
  const rate = (name: keyof Cases): number => speed(SIZE, times[name]);
  const row = (name: string, ours: keyof Cases, against: keyof Cases, target?: number): void =>
    add(`${name}, ${host}`, 'polyfill', 'without it', 'GB/s', rate(ours), rate(against), target);
  row('mapping read, 64 KiB, to descriptor.read', 'mapped', 'direct', mappingTarget);
  row('find to descriptor.read', 'find', 'direct');
  row('read of a stream', 'stream', 'streamDirect', STREAM_TARGET);
  row('write of a stream', 'write', 'writeDirect', STREAM_TARGET);
}

const words = (verb: string, count: number): string[] =>
  verb.startsWith('map') ? [verb, String(count), String(SIZE)] : [verb, String(count)];

function run(program: string, args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

/** In Node the parts are linked in JavaScript. In processes of their own: the polyfill quickens reads for all guests. */
function inNode(folder: string): void {
  const start: Start = (program, verb, count, polyfill) => {
    const options = [...(polyfill ? ['--no-native'] : []), '--dir', `${folder}::/`];
    const component = `build/guests/c/${program}.wasm`;
    return () => {
      run(process.execPath, ['dist/cli/main.mjs', 'run', ...options, component, ...words(verb, count)]);
      return count;
    };
  };
  report('Node', measure(cases(start, 10_000), 2), MAPPING_TARGET);
}

/** Under the plain command line they are one component, compiled before. */
function underWasmtime(folder: string): void {
  const wasmtime = 'build/wasmtime/wasmtime';
  for (const program of ['bench', 'files']) {
    const [plain, plugged] = [`build/guests/c/${program}.wasm`, `build/guests/c/${program}.plugged`];
    run(process.execPath, ['dist/cli/main.mjs', 'plug', plain, '-o', `${plugged}.wasm`]);
    run(wasmtime, ['compile', `${plugged}.wasm`, '-o', `${plugged}.cwasm`]);
  }
  run(wasmtime, ['compile', 'build/guests/c/files-direct.wasm', '-o', 'build/guests/c/files-direct.cwasm']);
  const start: Start = (program, verb, count, polyfill) => {
    const component = `build/guests/c/${program}${polyfill ? '.plugged' : '-direct'}.cwasm`;
    const grants = ['--dir', `${folder}::/`];
    return () => {
      run(wasmtime, ['run', '--allow-precompiled', ...grants, component, ...words(verb, count)]);
      return count;
    };
  };
  report('wasmtime', measure(cases(start, 20_000), 3));
}

/** @param folder holds the file `text` */
export function polyfillFigures(folder: string): void {
  heading('The polyfill, 64 KiB at a time; processes with their start');
  inNode(folder);
  underWasmtime(folder);
}
