/** Runs Python scripts natively, and on every host in the component that tests/tools/guests.sh makes. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export const HOSTS = ['node', 'node-polyfill', 'wasmtime', 'wasmtime-polyfill'] as const;
export type Host = (typeof HOSTS)[number];

export const COMPONENT = 'build/guests/python/contract.wasm';
const COMMANDS: Record<Host, { command: string[]; component: string }> = {
  node: { command: [process.execPath, 'dist/cli/main.mjs', 'run'], component: COMPONENT },
  'node-polyfill': { command: [process.execPath, 'dist/cli/main.mjs', 'run', '--no-native'], component: COMPONENT },
  wasmtime: { command: ['build/wasmtime/wasi-mmap', 'run'], component: COMPONENT },
  'wasmtime-polyfill': {
    command: ['build/wasmtime/wasmtime', 'run', '--allow-precompiled'],
    component: 'build/guests/python/contract.plugged.cwasm',
  },
};

export interface Ran {
  status: number | NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A program that runs for longer hangs. */
const PATIENCE_MS = 600_000;

function run(command: string[], environment: NodeJS.ProcessEnv, folder: string): Promise<Ran> {
  const [program = '', ...rest] = command;
  return new Promise((resolve) => {
    const child = spawn(program, rest, { env: environment, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (data: Buffer) => out.push(data));
    child.stderr.on('data', (data: Buffer) => err.push(data));
    child.on('error', (error) => err.push(Buffer.from(error.message)));
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({
        status: status ?? signal,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}

/** Runs Python in a guest with these words and directories, which are named as in the guest. */
export function runGuest(host: Host, words: string[], directories: Record<string, string>, path = ''): Promise<Ran> {
  const { command, component } = COMMANDS[host];
  const dirs = Object.entries(directories).flatMap(([name, folder]) => ['--dir', `${folder}::${name}`]);
  const variables = path ? ['--env', `PYTHONPATH=${path}`] : [];
  return run([...command, ...dirs, ...variables, component, ...words], process.env, '.');
}

/** The reference, with the `mmap` of CPython. */
export const NATIVE = 'python3';

/** Runs a program of this machine. */
export const runProgram = (words: string[], folder: string): Promise<Ran> => run(words, process.env, folder);

export function runNative(words: string[], folder: string, path = ''): Promise<Ran> {
  return run([NATIVE, ...words], { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' }, folder);
}

/** The file that this machine lacks for a host; `make guests plugged wasmtime` makes it. */
export function missing(host: Host): string | undefined {
  const { command, component } = COMMANDS[host];
  return [command[0] as string, component].find((file) => !existsSync(file));
}
