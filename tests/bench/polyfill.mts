/**
 * The polyfill on each host: what a mapping costs, and what ordinary files cost with it. WASMTIME names another command of
 * wasmtime to measure than that of the tests.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { makeTable, milliseconds, SCAN } from '../programs/c/timings.mjs';
import { map as each, type Rounds } from './figures.mjs';
import { add, heading, measure, QUICK, rounds, speed } from './report.mjs';

const BLOCK = 65_536;

/** Runs a program of build/guests/c with this verb, so many times on so many bytes, and ends. */
type Run = (program: string, verb: string, count: number, size: number) => void;

/** Returns what the program printed as errors. */
function run(program: string, args: string[]): string {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stderr;
}

/** A program that is measured: how it is run, and with which words. */
interface Subject {
  readonly run: Run;
  readonly program: string;
  readonly verb: string;
}

/** Nanoseconds of one operation of each subject, without the start of the process. */
function perOperation<K extends string>(subjects: Record<K, Subject>, count: number, size: number): Record<K, Rounds> {
  const cases: Record<string, () => number> = {};
  for (const [name, { run: start, program, verb }] of Object.entries<Subject>(subjects)) {
    for (const [key, operations] of [
      [name, count + 1],
      [`${name}, once`, 1],
    ] as const) {
      cases[key] = () => {
        start(program, verb, operations, size);
        return 1;
      };
    }
  }
  const times = measure(cases, rounds(5));
  const net = (name: string): Rounds => {
    const start = Math.min(...(times[`${name}, once`] ?? []));
    return each(times[name] ?? [], (time) => (time - start) / count);
  };
  return Object.fromEntries(Object.keys(subjects).map((name) => [name, net(name)])) as Record<K, Rounds>;
}

interface Comparison {
  readonly what: string;
  readonly against: string;
  readonly ours: [program: string, verb: string];
  readonly rival: [program: string, verb: string];
  readonly size: number;
  readonly count: number;
  readonly target?: number;
}

const read = (what: string, size: number, count: number, target?: number): Comparison => ({
  what: `read, ${what}`,
  against: 'descriptor.read',
  ours: ['bench', 'map-read'],
  rival: ['bench', 'file-read'],
  size,
  count,
  ...(target === undefined ? {} : { target }),
});

/** Of the mapping. The targets are those of the fused form. */
const MAPPING: Comparison[] = [
  read('16 bytes', 16, 50_000),
  read('4 KiB', 4096, 30_000),
  read('64 KiB', BLOCK, 10_000, 0.95),
  { ...read('64 KiB of private pages', BLOCK, 10_000, 1), ours: ['bench', 'own-read'] },
  {
    what: 'shared write, 64 KiB',
    against: 'descriptor.write',
    ours: ['bench', 'map-write'],
    rival: ['bench', 'file-write'],
    size: BLOCK,
    count: 10_000,
    target: 0.9,
  },
  {
    what: 'find, 64 KiB each',
    against: 'descriptor.read',
    ours: ['bench', 'map-find'],
    rival: ['bench', 'file-read'],
    size: BLOCK,
    count: 10_000,
    target: 1,
  },
];

/** Of the guest's own files: the same program without a mapping, and without the polyfill. */
const FILES: Comparison[] = (['pread', 'stream', 'write'] as const).map((verb) => ({
  what: `own ${verb}, 64 KiB`,
  against: 'without the polyfill',
  ours: ['files', verb],
  rival: ['files-direct', verb],
  size: 0, // A block.
  count: verb === 'write' ? 2000 : 10_000, // What is written has to fit in memory.
  target: 0.97,
}));

/** Compares each form of the polyfill with a rival, side by side in one run. The first form has the targets. */
function compare(host: string, forms: Record<string, Run>, rival: Run, comparisons: Comparison[]): void {
  for (const { what, against, ours, rival: other, size, count, target } of comparisons) {
    const subjects: Record<string, Subject> = { rival: { run: rival, program: other[0], verb: other[1] } };
    for (const [form, start] of Object.entries(forms)) {
      subjects[form] = { run: start, program: ours[0], verb: ours[1] };
    }
    const times = perOperation(subjects, count, size);
    const rate = (name: string): Rounds => speed(size || BLOCK, times[name] ?? []);
    for (const [at, form] of Object.keys(forms).entries()) {
      const least = at === 0 && target !== undefined ? [target] : [];
      add(`${what}, ${host}`, form, against, 'GB/s', rate(form), rate('rival'), ...least);
    }
  }
}

const words = (verb: string, count: number, size: number): string[] =>
  size > 0 ? [verb, String(count), String(size)] : [verb, String(count)];

/** In Node the polyfill is linked in JavaScript. In processes of their own: the polyfill quickens reads for all guests. */
function inNode(folder: string): void {
  const start =
    (...options: string[]): Run =>
    (program, verb, count, size) => {
      const command = ['dist/cli/main.mjs', 'run', ...options, '--dir', `${folder}::/`, inC(program)];
      run(process.execPath, [...command, ...words(verb, count, size)]);
    };
  const few = MAPPING.filter(
    ({ what, size, ours }) => size === BLOCK && ours[1] !== 'map-write' && (!QUICK || what === 'read, 64 KiB'),
  );
  const targets = few.map((comparison) => ({ ...comparison, target: 0.9 }));
  const plugged = plug(inC('bench'), 'fused', folder);
  const fused: Run = (_, verb, count, size) => {
    const command = ['dist/cli/main.mjs', 'run', '--no-native', '--dir', `${folder}::/`, plugged];
    run(process.execPath, [...command, ...words(verb, count, size)]);
  };
  compare('Node', { linked: start('--no-native'), fused }, start(), targets);
}

type Form = 'fused' | 'composed';

const FORMS: Form[] = ['fused', 'composed'];

/** Returns the component with the polyfill, in the folder. */
function plug(component: string, form: Form, folder: string): string {
  const output = join(folder, `${basename(component, '.wasm')}.${form}.wasm`);
  const options = form === 'composed' ? ['--compose'] : [];
  run(process.execPath, ['dist/cli/main.mjs', 'plug', ...options, component, '-o', output]);
  return output;
}

const inC = (program: string): string => `build/guests/c/${program}.wasm`;

/** Programs that have a file as memory: they copy all of it when they map it. */
function programs(host: string, wasmtime: string, folder: string, compile: (component: string) => string): void {
  const compiled = (component: string): Record<Form, string> => ({
    fused: compile(plug(component, 'fused', folder)),
    composed: compile(plug(component, 'composed', folder)),
  });
  const start = (component: string, directory: string, ...rest: string[]): string =>
    run(wasmtime, ['run', '--allow-precompiled', '--dir', `${directory}::/`, component, ...rest]);

  const maps = compiled('build/guests/rust/maps.wasm');
  const subject = (form: Form): Subject => ({
    run: (_, __, count) => void start(maps[form], folder, String(count)),
    program: 'maps',
    verb: '',
  });
  const times = perOperation({ fused: subject('fused'), composed: subject('composed') }, 8, 0);
  const inMs = (nanoseconds: Rounds): Rounds => each(nanoseconds, (time) => time / 1e6);
  add(`memmap2 maps /text, ${host}`, 'fused', 'composed', 'ms', inMs(times.fused), inMs(times.composed));

  const tables = join(folder, 'plugged-sqlite');
  mkdirSync(tables, { recursive: true });
  makeTable(tables);
  const sqlite = compiled('build/programs/sqlite.wasm');
  const taken: Record<Form, number[]> = { fused: [], composed: [] };
  for (let round = 0; round < rounds(7); round += 1) {
    for (const form of FORMS) {
      const [first = Infinity] = milliseconds(start(sqlite[form], tables, '-t', 'scan.db', '2147418112', SCAN));
      taken[form].push(first);
    }
  }
  add(`SQLite maps 62 MiB and scans them, ${host}`, 'fused', 'composed', 'ms', taken.fused, taken.composed);
}

/** Under the plain command line they are one component, compiled before. */
function underWasmtime(folder: string): void {
  const wasmtime = process.env['WASMTIME'] ?? 'build/wasmtime/wasmtime';
  const { stdout } = spawnSync(wasmtime, ['--version'], { encoding: 'utf8' });
  const host = stdout.trim().split(' ').slice(0, 2).join(' ') || 'wasmtime';
  const compiled = new Map<string, string>();
  const compile = (component: string): string => {
    const known = compiled.get(component);
    if (known !== undefined) return known;
    const output = join(folder, `${compiled.size}.cwasm`);
    run(wasmtime, ['compile', component, '-o', output]);
    compiled.set(component, output);
    return output;
  };
  const start =
    (toComponent: (program: string) => string): Run =>
    (program, verb, count, size) => {
      const command = ['run', '--allow-precompiled', '--dir', `${folder}::/`, toComponent(program)];
      run(wasmtime, [...command, ...words(verb, count, size)]);
    };
  const plugged = new Map<string, string>();
  const form = (which: Form): Run =>
    start((program) => {
      const key = `${program} ${which}`;
      const known = plugged.get(key) ?? compile(plug(inC(program), which, folder));
      plugged.set(key, known);
      return known;
    });
  const forms = { fused: form('fused'), composed: form('composed') };
  // The rival of mappings is the same component, which imports nothing else either.
  compare(
    host,
    forms,
    forms.fused,
    MAPPING.filter(({ what }) => !QUICK || what === 'read, 64 KiB'),
  );
  if (QUICK) return;
  compare(
    host,
    forms,
    start((program) => compile(inC(program))),
    FILES,
  );
  programs(host, wasmtime, folder, compile);
}

/** @param folder holds the file `text` */
export function polyfillFigures(folder: string): void {
  heading('The polyfill, without the start of processes');
  inNode(folder);
  underWasmtime(folder);
}
