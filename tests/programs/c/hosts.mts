/** Where the programs run: this machine itself, and the hosts of components. */
import { spawnSync } from 'node:child_process';
import { relative } from 'node:path';
import { compiled, WASMTIME } from '../../polyfill/forms.mjs';
import { NODES_P3, skipP3 } from '../../tools/p3.mjs';
import { runtimes } from '../../tools/platforms.mjs';
import { runAll, WINDOWS_HOSTS } from '../../tools/wine.mjs';

/** Commands that take grants and a component. */
export const HOSTS: Record<string, [string, ...string[]]> = {
  node: [process.execPath, 'dist/cli/main.mjs', 'run'],
  wasmtime: ['build/wasmtime/wasi-mmap', 'run'],
  'node-polyfill': [process.execPath, 'dist/cli/main.mjs', 'run', '--no-native'],
  'wasmtime-polyfill': ['build/wasmtime/wasi-mmap', 'run', '--no-native'],
  'plain-wasmtime-polyfill': [WASMTIME, 'run', '--allow-precompiled'],
};

/** The other runtimes of JavaScript that this machine has. */
export const RUNTIMES: Record<string, [string, ...string[]]> = Object.fromEntries(
  runtimes
    .filter(({ missing }) => missing === undefined)
    .map(({ name, command }) => [name, [...command, 'dist/cli/main.mjs', 'run']]),
);

const [NODE_P3] = NODES_P3;

/** The hosts of commands of WASI 0.3. */
const P3_HOSTS: typeof HOSTS = {
  wasmtime: ['build/wasmtime/wasi-mmap', 'run'],
  ...(NODE_P3 === undefined ? {} : { 'newer node': [NODE_P3, 'dist/cli/main.mjs', 'run'] }),
};

/** The names of those that this machine has. */
export function p3Hosts(test: string): string[] {
  if (NODE_P3 === undefined) skipP3(test, 'there is no Node 24.20 or newer (.build/setup.sh nodes)');
  return Object.keys(P3_HOSTS);
}

const components = new Map<string, string>();
/** The component for a host: the plain wasmtime has it with the polyfill inside. */
function componentFor(host: string, name: string): string {
  const path = `build/programs/${name}.wasm`;
  if (host !== 'plain-wasmtime-polyfill') return path;
  const component = components.get(name) ?? compiled(path, 'fused');
  components.set(name, component);
  return component;
}

/** wasmtime-wasi with its default settings: a host of the benchmark, which `make bench` builds. */
export const OTHER_THREAD = 'wasmtime, reads on another thread';
const OTHER_THREAD_HOST = `${process.env['CARGO_TARGET_DIR'] ?? 'host/wasmtime/target'}/release-lto/bench`;

export interface Ended {
  status: number | null;
  lines: string[];
  error: string;
}

const MAX_OUTPUT = 1 << 26;

const linesOf = (output: string): string[] => output.split('\n').slice(0, -1);

function ended({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }): Ended {
  return { status, lines: linesOf(stdout), error: stderr };
}

/** Runs build/programs/NAME in the folder. */
export function runHere(name: string, folder: string, words: string[]): Ended {
  return ended(
    spawnSync(`${process.cwd()}/build/programs/${name}`, words, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: MAX_OUTPUT,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

/** Runs build/programs/NAME.wasm, for which the folder is the root. */
export function runGuest(host: string, name: string, folder: string, words: string[]): Ended {
  const command = [componentFor(host, name), ...words];
  const [program, ...before] = HOSTS[host] ?? RUNTIMES[host] ?? P3_HOSTS[host] ?? [OTHER_THREAD_HOST];
  const all = host === OTHER_THREAD ? [folder, ...command] : [...before, '--dir', `${folder}::/`, ...command];
  return ended(spawnSync(program, all, { encoding: 'utf8', maxBuffer: MAX_OUTPUT, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** A component, the folder that is its root, and its arguments. */
export interface Job {
  name: string;
  folder: string;
  words: string[];
}

/** Runs components on a host of Windows, in turn. */
export function runOnWindows(host: string, jobs: Job[]): Ended[] {
  const { wine, options } = WINDOWS_HOSTS[host] as (typeof WINDOWS_HOSTS)[string];
  const words = jobs.map((job) => {
    const grants = ['--dir', `${relative('.', job.folder)}::/`];
    return ['run', ...options, ...grants, `build/programs/${job.name}.wasm`, ...job.words];
  });
  return runAll(wine, words).map(({ code, out, error }) => ({
    status: typeof code === 'number' ? code : null,
    lines: linesOf(out),
    error: typeof code === 'number' ? error : `${code} ${error}`,
  }));
}
