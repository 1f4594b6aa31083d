/** Guest languages on the hosts that a command starts. */
import { spawnSync } from 'node:child_process';
import type { Generation } from '#generation';
import { aboutThere, aboutThis, aboutWasmtime, generationOf, type About } from '../tools/about.mjs';
import { NODES_P3 } from '../tools/p3.mjs';
import { runtimes } from '../tools/platforms.mjs';
import { WASMTIME } from '../tools/wasmtime.mjs';
import { Guest } from './guest.mjs';

export type GuestLanguage = 'javascript' | 'rust' | 'c' | 'python';

const isWindows = process.platform === 'win32';

const CLI = ['dist/cli/main.mjs', 'run'];

interface HostCommand {
  command: readonly string[];
  component: (language: GuestLanguage, wasi: Generation) => string;
}

/** The command for Node, in another runtime. */
function runtime(name: 'bun' | 'deno', ...options: string[]): HostCommand {
  const words = runtimes.find(({ host }) => host === name)?.command ?? [name];
  return { command: [...words, ...CLI, ...options], component: plain };
}

/** How hosts are started: the words before directories and the component, and where their components are. */
const HOSTS = {
  node: { command: [process.execPath, ...CLI], component: plain },
  'node-polyfill': { command: [process.execPath, ...CLI, '--no-native'], component: plain },
  bun: runtime('bun'),
  'bun-polyfill': runtime('bun', '--no-native'),
  deno: runtime('deno'),
  'deno-polyfill': runtime('deno', '--no-native'),
  wasmtime: { command: [WASMTIME, 'run'], component: plain },
  // The plain command of wasmtime runs components that were compiled before. Those in JavaScript import wasi:http.
  // Windows has only our command, for which a plugged component is one that maps nothing.
  'wasmtime-polyfill': {
    command: isWindows ? [WASMTIME, 'run'] : ['build/wasmtime/wasmtime', 'run', '--allow-precompiled', '-S', 'http'],
    component: (language) => `build/guests/${language}/contract.plugged.${isWindows ? 'wasm' : 'cwasm'}`,
  },
} satisfies Record<string, HostCommand>;

export type GuestHost = keyof typeof HOSTS;

function plain(language: GuestLanguage, wasi: Generation): string {
  return `build/guests/${language}/contract${wasi === '0.2' ? '' : `-${wasi}`}.wasm`;
}

/** Python's component runs scripts, here the oracle itself, which tests/tools/guests.sh puts there. */
const SCRIPTS: Partial<Record<GuestLanguage, string[]>> = { python: ['/guests/python/scripts/contract.py'] };

/** The command that runs the suite's runner in this language on this host. */
function commandOf(language: GuestLanguage, host: GuestHost, wasi: Generation = '0.2'): [string, ...string[]] {
  const { command, component } = HOSTS[host];
  const [first = '', ...words] = command;
  const program = host === 'node' && wasi === '0.3' ? (NODES_P3[0] ?? first) : first;
  const devices = isWindows ? [] : ['--dir', '/dev::/dev'];
  return [program, ...words, '--dir', 'build::/', ...devices, component(language, wasi), ...(SCRIPTS[language] ?? [])];
}

/** The suite's runner in this language on this host. */
export function guestOn(language: GuestLanguage, host: GuestHost, wasi?: Generation): Guest {
  return new Guest(commandOf(language, host, wasi));
}

/** Has the host compile the runner, which takes some longer than a guest may take for an answer. */
export function prepare(language: GuestLanguage, host: GuestHost): void {
  const [program, ...words] = commandOf(language, host);
  spawnSync(program, words, { input: '' });
}

/** The component that runs there. */
export const componentOf = (language: GuestLanguage, host: GuestHost, wasi: Generation = '0.2'): string =>
  HOSTS[host].component(language, wasi);

/** What this machine lacks for the host. */
export function missingFor(host: GuestHost, wasi: Generation = '0.2'): string | undefined {
  if (wasi === '0.3' && host === 'node' && NODES_P3.length === 0)
    return 'no Node from 24.20 on (.build/setup.sh nodes)';
  return runtimes.find(({ host: name }) => host.startsWith(name))?.missing;
}

/** What runs guests on the host. */
export async function aboutHost(host: GuestHost, wasi: Generation = '0.2'): Promise<About> {
  const [node] = NODES_P3;
  if (host === 'node' && wasi === '0.3' && node !== undefined) return aboutThere({ name: node, command: [node] });
  const there = runtimes.find(({ host: name }) => host.startsWith(name));
  if (there) return aboutThere(there);
  return host.startsWith('node') ? aboutThis() : aboutWasmtime(HOSTS[host].command[0] as string);
}

/** The same, with the generation of WASI that guests in this language are of. */
export const aboutGuest = async (
  language: GuestLanguage,
  host: GuestHost,
  wasi?: Generation,
): Promise<About & { wasi: string }> => ({
  ...(await aboutHost(host, wasi)),
  wasi: generationOf(componentOf(language, host, wasi)),
});
