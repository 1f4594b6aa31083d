/** Guests in Node: what a mapping costs inside a component, against preview2-shim and against JavaScript itself. */
import { spawnSync } from 'node:child_process';
import { mmap } from 'wasi-mmap';
import { load, type Bindings } from '../host/support.mjs';
import { map as each, type Rounds } from './figures.mjs';
import { add, heading, measure, QUICK, rounds, speed } from './report.mjs';

const ROUNDS = rounds(7, 5);
const SIZE = 65_536;
const MIB = 2 ** 20;

/** A case that starts a component: an instance is good for one run, so they are made before anything is measured. */
async function guest(
  folder: string,
  component: string,
  args: string[],
  operations: number,
  bindings: Bindings = 'hybrid',
): Promise<() => number> {
  const runs: Array<() => void> = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    runs.push(await load(`build/guests/c/${component}.wasm`, bindings, { '/': folder }, args));
  }
  return () => {
    runs.pop()?.();
    return operations;
  };
}

/** Where the guest reads, see `place` in bench.c. */
function places(count: number, limit: number): number[] {
  return Array.from({ length: count }, (_, index) => Number((BigInt(index) * 2654435761n) % BigInt(limit)) & ~63);
}

/** @param folder holds the file `text` */
export async function guestFigures(folder: string): Promise<void> {
  const bench = (args: string[], count: number, bindings?: Bindings): Promise<() => number> =>
    guest(folder, 'bench', args, count, bindings);
  const map = mmap(`${folder}/text`, 0, 'read');
  const view = map.view();
  const memory = new Uint8Array(16 * MIB);
  const target = memory.subarray(1000, 1000 + SIZE); // As little aligned as a guest's buffer.
  const all = places(20_000, map.length - SIZE);

  heading('A guest in Node (C, transpiled by jco)');
  const times = measure(
    {
      mapped: await bench(['map-read', '20000', String(SIZE)], 20_000),
      plain: await bench(['map-read', '5000', String(SIZE)], 5000, 'js'),
      file: await bench(['file-read', '500', String(SIZE)], 500),
      set: () => {
        for (const place of all) target.set(view.subarray(place, place + SIZE));
        return all.length;
      },
      byte: await bench(['map-read', '200000', '1'], 200_000),
      plainByte: await bench(['map-read', '20000', '1'], 20_000, 'js'),
      fileByte: await bench(['file-read', '500', '1'], 500),
      map: await bench(['map', '500'], 500),
    },
    ROUNDS,
  );
  const rate = (nanoseconds: Rounds): Rounds => speed(SIZE, nanoseconds);
  add('read 64 KiB', 'mapping', 'descriptor.read of the shim', 'GB/s', rate(times.mapped), rate(times.file), 30);
  add('read 64 KiB', 'mapping', 'Uint8Array.set in JavaScript', 'GB/s', rate(times.mapped), rate(times.set), 0.8);
  add(
    'read 64 KiB',
    'mapping, without hybrid',
    'descriptor.read of the shim',
    'GB/s',
    rate(times.plain),
    rate(times.file),
  );
  add('read 1 byte', 'mapping', '1 us', 'ns', times.byte, 1000, 1);
  add('read 1 byte', 'mapping', 'descriptor.read of the shim', 'ns', times.byte, times.fileByte);
  add('read 1 byte', 'mapping, without hybrid', 'descriptor.read of the shim', 'ns', times.plainByte, times.fileByte);
  add('map and drop', 'mmap()', '0.5 ms', 'ns', times.map, 500_000, 1);
  map.close();
}

/** Runs wasmtime/main.rs, which prints a line for each figure: its name, and the value of each round. */
export function figuresOf(...args: string[]): (name: string) => Rounds {
  const cargo = ['run', '--quiet', '--locked', '--profile', 'release-lto', '--manifest-path'];
  const words = [...cargo, 'tests/bench/wasmtime/Cargo.toml', '--', ...args];
  const { status, stdout, stderr } = spawnSync('.build/cargo.sh', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the benchmark for wasmtime ended with ${status}: ${stderr}`);
  const figures = Object.fromEntries(
    [...stdout.matchAll(/^(.+): ([\d. ]+)$/gm)].map(([, name = '', values = '']) => [
      name,
      values.trim().split(' ').map(Number),
    ]),
  );
  return (name) => figures[name] ?? [Number.NaN];
}

/** What an instance costs in an engine with spans, which hosts start for each request. */
function instanceFigures(folder: string): void {
  heading('An instance in wasmtime');
  const figure = figuresOf(folder, '--instances');
  for (const language of QUICK ? ['C', 'Rust'] : ['C', 'Rust', 'Python']) {
    const [spans, pool] = [figure(`instance, ${language}, spans`), figure(`instance, ${language}, pool`)];
    const name = `a guest in ${language}`;
    add(name, 'engine with spans', 'default engine', 'us', spans, figure(`instance, ${language}, default`), 1 / 1.1);
    add(name, 'engine with spans', 'pooling allocator', 'us', spans, pool);
  }
  const once = (what: string): string => figure(`at once, ${what}`).join(' ');
  const [made, ended, areas, descriptors] = [once('us'), once('us to end'), once('areas'), once('descriptors')];
  console.log(
    `1000 at once, each with a span of one file: ${made} us to start, run and map, ${ended} us to end; ` +
      `${areas} memory areas and ${descriptors} descriptors each`,
  );
}

/** Guests in wasmtime, measured in a process of their own; see wasmtime/main.rs. */
export function wasmtimeFigures(folder: string): void {
  console.log('\nbuilding the benchmark for wasmtime (ten minutes the first time: it is optimized as a whole)');
  const time = figuresOf(folder);
  const rate = (name: string): Rounds => speed(2 ** 30, time(name));
  heading('A guest in wasmtime (C), summing 1 GiB; no list is held by the host (tests/embedding.rs)');
  for (const size of ['64 KiB', '1 MiB']) {
    const [ours, mapped] = [`sum, reads of ${size}`, rate(`mapping, ${size}`)];
    add(ours, 'mapping', 'wasi, blocking allowed', 'GB/s', mapped, rate(`wasi, blocking, ${size}`), 1.3);
    add(ours, 'mapping', 'wasi, on another thread', 'GB/s', mapped, rate(`wasi, other thread, ${size}`), 1.3);
    const target = size === '64 KiB' ? 0.75 : undefined;
    add(ours, 'mapping', 'native: memcpy, sum', 'GB/s', mapped, rate(`memcpy and sum, ${size}`), target);
    add(ours, 'mapping', 'native: memmap2, sum', 'GB/s', mapped, rate('memmap2'));
  }
  add('read 1 byte', 'mapping', '150 ns', 'ns', time('1 byte'), 150, 1);
  add('map and drop', 'mmap()', '20 us', 'ns', time('map'), 20_000, 1);
  instanceFigures(folder);
}

/** Searches the file with each guest's mgrep and with grep, each in a process of its own. Tells how many were wrong. */
export function grepFigures(folder: string, needle: string): number {
  const components: Record<string, string[]> = {
    'mgrep in Rust': ['build/guests/rust/mgrep.wasm', '-c', needle, 'text'],
    'mgrep in C': ['build/guests/c/mgrep.wasm', '-c', needle, 'text'],
    'mgrep in JavaScript': ['build/guests/javascript/mgrep.wasm', '-c', needle, 'text'],
    ...(QUICK ? {} : { 'C, reading files': ['build/guests/c/bench.wasm', 'grep', needle] }), // Seconds for each round.
  };
  const answers: Record<string, string> = {};
  const start = (name: string, program: string, args: string[], cwd?: string) => () => {
    const { stdout } = spawnSync(program, args, { encoding: 'utf8', ...(cwd === undefined ? {} : { cwd }) });
    answers[name] = stdout.trim();
    return 1;
  };
  const cases: Record<string, () => number> = { grep: start('grep', 'grep', ['-Fac', needle, 'text'], folder) };
  for (const [name, words] of Object.entries(components)) {
    cases[name] = start(name, process.execPath, ['dist/cli/main.mjs', 'run', '--dir-ro', `${folder}::/`, ...words]);
  }
  heading(`Counting lines with "${needle}" in 1 GiB, with the start of the process`);
  const times = measure(cases, rounds(5, 3));
  const milliseconds = (name: string): Rounds => each(times[name] ?? [], (nanoseconds) => nanoseconds / 1e6);
  for (const name of Object.keys(components)) {
    if (name.startsWith('mgrep')) add('grep -c', name, 'grep -Fac', 'ms', milliseconds(name), milliseconds('grep'));
  }
  for (const name of Object.keys(components)) {
    if (name.startsWith('mgrep') && !QUICK) {
      add('grep -c', name, 'C, reading files', 'ms', milliseconds(name), milliseconds('C, reading files'));
    }
  }
  const wrong = Object.entries(answers).filter(([, answer]) => answer !== answers['grep'] || answer === '');
  for (const [name, answer] of wrong) console.log(`WRONG: ${name} says ${answer}, grep ${answers['grep']}`);
  return wrong.length;
}
