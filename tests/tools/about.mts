/** What runs a test, as it says of itself. As a program: tells this runtime of JavaScript. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { linesFrom, type Platform } from './platforms.mjs';

export interface About {
  runtime: 'node' | 'bun' | 'deno' | 'wasmtime' | 'chromium';
  /** Its version, without which there is no row. */
  version: string;
  /** As Node names it. */
  arch: string;
  /** The C library that the process runs with. */
  libc: 'glibc' | 'musl' | 'none';
}

/** The C library whose loader a text names: a list of areas, or the start of a program. */
function libcIn(text: string): About['libc'] {
  if (/\/ld-musl-|-linux-musl\/libc\.so/.test(text)) return 'musl'; // The second is its own file in Debian.
  return /\/ld-(linux|[\d.]+\.so)|\/libc\.so\.6/.test(text) ? 'glibc' : 'none';
}

/** This process. */
export function aboutThis(): About {
  const { platform, arch, versions } = process;
  const [runtime, version] = (['bun', 'deno', 'node'] as const)
    .map((name) => [name, versions[name]] as const)
    .find((entry): entry is ['node', string] => entry[1] !== undefined) ?? ['node', ''];
  // What is mapped, not what is installed: a program may bring its own.
  const libc = platform === 'linux' ? libcIn(readFileSync('/proc/self/maps', 'latin1')) : 'none';
  return { runtime, version, arch, libc };
}

/** Asks another runtime of JavaScript. */
export async function aboutThere(platform: Pick<Platform, 'name' | 'command'>): Promise<About> {
  for await (const about of linesFrom<About>(platform, 'build/tests/tools/about.mjs', [])) return about;
  throw new Error(`${platform.name} says nothing of itself`);
}

const MACHINES: Readonly<Record<number, string>> = { 0x3e: 'x64', 0xb7: 'arm64', 0x8664: 'x64', 0xaa64: 'arm64' };

/**
 * A command over wasmtime. Ours do not name the version of wasmtime, but their panics name files of crates, with their
 * versions; wasmtime's own command says it.
 */
export function aboutWasmtime(program: string): About {
  const start = Buffer.alloc(4096);
  const fd = openSync(program, 'r');
  readSync(fd, start);
  closeSync(fd);
  const isElf = start.subarray(0, 4).equals(Buffer.from('\x7fELF'));
  const machine = start.readUInt16LE(isElf ? 18 : start.readUInt32LE(60) + 4);
  const version =
    /wasmtime-environ-(\d+\.\d+\.\d+)/.exec(readFileSync(program, 'latin1'))?.[1] ??
    /^wasmtime (\d+\.\d+\.\d+)/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout)?.[1];
  if (version === undefined) throw new Error(`${program} has no version of wasmtime`);
  return {
    runtime: 'wasmtime',
    version,
    arch: MACHINES[machine] ?? String(machine),
    libc: isElf ? libcIn(start.toString('latin1')) : 'none',
  };
}

/** The module that the polyfill for JavaScript is made of. */
export const POLYFILL = 'dist/polyfill/component/polyfill.core.wasm';

/** The generation of WASI whose files a component or module maps, such as 0.2; if it maps none, of those that it imports. */
export function generationOf(path: string): string {
  const text = readFileSync(path, 'latin1');
  const maps = /wasi-mmap:mmap\/mapping@(\d+\.\d+)\.\d/;
  const generation = (maps.exec(text) ?? /wasi:filesystem\/types@(\d+\.\d+)\.\d/.exec(text))?.[1];
  if (generation === undefined) throw new Error(`${path} imports no files of WASI`);
  return generation;
}

if (process.argv[1]?.endsWith('about.mjs')) console.log(JSON.stringify(aboutThis()));
