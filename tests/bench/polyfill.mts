/**
 * The polyfill on each host: what a mapping costs, and what ordinary files cost with it. WASMTIME names another command of
 * wasmtime to measure than that of the tests.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { add, heading, measure, speed } from './report.mjs';

const BLOCK = 65_536;

/** Runs a program of build/guests/c with this verb, so many times on so many bytes, and ends. */
type Run = (program: string, verb: string, count: number, size: number) => void;

function run(program: string, args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

/** A program that is measured: how it is run, and with which words. */
interface Subject {
  readonly run: Run;
  readonly program: string;
  readonly verb: string;
}

/** Nanoseconds of one operation of each subject, without the start of the process. */
function perOperation<K extends string>(subjects: Record<K, Subject>, count: number, size: number): Record<K, number> {
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
  const times = measure(cases, 5);
  const net = (name: string): number => ((times[name] ?? 0) - (times[`${name}, once`] ?? 0)) / count;
  return Object.fromEntries(Object.keys(subjects).map((name) => [name, net(name)])) as Record<K, number>;
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
  read('16 bytes', 16, 100_000),
  read('4 KiB', 4096, 50_000),
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
    count: 20_000,
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
  count: 10_000,
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
    const rate = (name: string): number => speed(size || BLOCK, times[name] ?? Number.NaN);
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
      const component = `build/guests/c/${program}.wasm`;
      const command = ['dist/cli/main.mjs', 'run', ...options, '--dir', `${folder}::/`, component];
      run(process.execPath, [...command, ...words(verb, count, size)]);
    };
  const few = MAPPING.filter(({ size, ours }) => size === BLOCK && ours[1] !== 'map-write');
  const targets = few.map((comparison) => ({ ...comparison, target: 0.9 }));
  const plugged = plug('bench', 'fused');
  const fused: Run = (_, verb, count, size) => {
    const command = ['dist/cli/main.mjs', 'run', '--no-native', '--dir', `${folder}::/`, plugged];
    run(process.execPath, [...command, ...words(verb, count, size)]);
  };
  compare('Node', { linked: start('--no-native'), fused }, start(), targets);
}

type Form = 'fused' | 'composed';

/** Returns the program with the polyfill. */
function plug(program: string, form: Form): string {
  const output = `build/guests/c/${program}.${form}.wasm`;
  const options = form === 'composed' ? ['--compose'] : [];
  const component = `build/guests/c/${program}.wasm`;
  run(process.execPath, ['dist/cli/main.mjs', 'plug', ...options, component, '-o', output]);
  return output;
}

/** Under the plain command line they are one component, compiled before. */
function underWasmtime(folder: string): void {
  const wasmtime = process.env['WASMTIME'] ?? 'build/wasmtime/wasmtime';
  const { stdout } = spawnSync(wasmtime, ['--version'], { encoding: 'utf8' });
  const host = stdout.trim().split(' ').slice(0, 2).join(' ');
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
      const known = plugged.get(key) ?? compile(plug(program, which));
      plugged.set(key, known);
      return known;
    });
  const forms = { fused: form('fused'), composed: form('composed') };
  // The rival of mappings is the same component, which imports nothing else either.
  compare(host, forms, forms.fused, MAPPING);
  compare(
    host,
    forms,
    start((program) => compile(`build/guests/c/${program}.wasm`)),
    FILES,
  );
}

/** @param folder holds the file `text` */
export function polyfillFigures(folder: string): void {
  heading('The polyfill, without the start of processes');
  inNode(folder);
  underWasmtime(folder);
}
