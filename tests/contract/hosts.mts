/** Guest languages on the hosts that a command starts. */
import { spawnSync } from 'node:child_process';
import { WASMTIME } from '../tools/wasmtime.mjs';
import { Guest } from './guest.mjs';

export type GuestLanguage = 'javascript' | 'rust' | 'c' | 'python';

const isWindows = process.platform === 'win32';

/** How hosts are started: the words before directories and the component, and where their components are. */
const HOSTS = {
  node: { command: [process.execPath, 'dist/cli/main.mjs', 'run'], component: plain },
  'node-polyfill': { command: [process.execPath, 'dist/cli/main.mjs', 'run', '--no-native'], component: plain },
  wasmtime: { command: [WASMTIME, 'run'], component: plain },
  // The plain command of wasmtime runs components that were compiled before. Those in JavaScript import wasi:http.
  // Windows has only our command, for which a plugged component is one that maps nothing.
  'wasmtime-polyfill': {
    command: isWindows ? [WASMTIME, 'run'] : ['build/wasmtime/wasmtime', 'run', '--allow-precompiled', '-S', 'http'],
    component: (language: GuestLanguage) => `build/guests/${language}/contract.plugged.${isWindows ? 'wasm' : 'cwasm'}`,
  },
};

export type GuestHost = keyof typeof HOSTS;

function plain(language: GuestLanguage): string {
  return `build/guests/${language}/contract.wasm`;
}

/** Python's component runs scripts, here the oracle itself, which tests/tools/guests.sh puts there. */
const SCRIPTS: Partial<Record<GuestLanguage, string[]>> = { python: ['/guests/python/scripts/contract.py'] };

/** The command that runs the suite's runner in this language on this host. */
function commandOf(language: GuestLanguage, host: GuestHost): [string, ...string[]] {
  const { command, component } = HOSTS[host];
  const [program = '', ...words] = command;
  const devices = isWindows ? [] : ['--dir', '/dev::/dev'];
  return [program, ...words, '--dir', 'build::/', ...devices, component(language), ...(SCRIPTS[language] ?? [])];
}

/** The suite's runner in this language on this host. */
export function guestOn(language: GuestLanguage, host: GuestHost): Guest {
  return new Guest(commandOf(language, host));
}

/** Has the host compile the runner, which takes some longer than a guest may take for an answer. */
export function prepare(language: GuestLanguage, host: GuestHost): void {
  const [program, ...words] = commandOf(language, host);
  spawnSync(program, words, { input: '' });
}
