/** Guest languages on the hosts that a command starts. */
import { Guest } from './guest.mjs';

export type GuestLanguage = 'javascript' | 'rust' | 'c' | 'python';

/** How hosts are started: the words before directories and the component, and where their components are. */
const HOSTS = {
  node: { command: [process.execPath, 'dist/cli/main.mjs', 'run'], component: plain },
  'node-polyfill': { command: [process.execPath, 'dist/cli/main.mjs', 'run', '--no-native'], component: plain },
  wasmtime: { command: ['build/wasmtime/wasi-mmap', 'run'], component: plain },
  // The plain command of wasmtime runs components that were compiled before. Those in JavaScript import wasi:http.
  'wasmtime-polyfill': {
    command: ['build/wasmtime/wasmtime', 'run', '--allow-precompiled', '-S', 'http'],
    component: (language: GuestLanguage) => `build/guests/${language}/contract.plugged.cwasm`,
  },
};

export type GuestHost = keyof typeof HOSTS;

function plain(language: GuestLanguage): string {
  return `build/guests/${language}/contract.wasm`;
}

/** Python's component runs scripts, here the oracle itself, which tests/tools/guests.sh puts there. */
const SCRIPTS: Partial<Record<GuestLanguage, string[]>> = { python: ['/guests/python/scripts/contract.py'] };

/** The suite's runner in this language on this host. */
export function guestOn(language: GuestLanguage, host: GuestHost): Guest {
  const { command, component } = HOSTS[host];
  const devices = process.platform === 'win32' ? [] : ['--dir', '/dev::/dev'];
  return new Guest([...command, '--dir', 'build::/', ...devices, component(language), ...(SCRIPTS[language] ?? [])]);
}
