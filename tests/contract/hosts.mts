/** Guest languages on the hosts that a command starts. */
import { Guest } from './guest.mjs';

export type GuestLanguage = 'javascript' | 'rust' | 'c' | 'python';

/** How hosts are started: what comes before directories and the component, and where their components are. */
const HOSTS = {
  node: { command: [process.execPath, 'dist/cli/main.mjs', 'run'], component: plain },
  'node-polyfill': { command: [process.execPath, 'dist/cli/main.mjs', 'run', '--no-native'], component: plain },
  wasmtime: { command: ['build/wasmtime/wasi-mmap', 'run'], component: plain },
  // The plain command line of wasmtime; what it runs was compiled before. JavaScript components import wasi:http.
  'wasmtime-polyfill': {
    command: ['build/wasmtime/wasmtime', 'run', '--allow-precompiled', '-S', 'http'],
    component: (language: GuestLanguage) => `build/guests/${language}/contract.plugged.cwasm`,
  },
};

export type GuestHost = keyof typeof HOSTS;

function plain(language: GuestLanguage): string {
  return `build/guests/${language}/contract.wasm`;
}

/** Python's component runs scripts: the suite's is the oracle itself. tests/tools/guests.sh puts it there. */
const SCRIPTS: Partial<Record<GuestLanguage, string[]>> = { python: ['/guests/python/scripts/contract.py'] };

/** The suite's runner in this language on this host. */
export function guestOn(language: GuestLanguage, host: GuestHost): Guest {
  const { command, component } = HOSTS[host];
  const devices = process.platform === 'win32' ? [] : ['--dir', '/dev::/dev'];
  return new Guest([...command, '--dir', 'build::/', ...devices, component(language), ...(SCRIPTS[language] ?? [])]);
}
