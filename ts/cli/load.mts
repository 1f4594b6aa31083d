/** Translates a component by jco, once, into a function that runs it. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { settle } from '../streams/p3.mjs';
import { cached } from './cache.mjs';
import { readComponent } from './component.mjs';
import { canSuspend, NEEDS_SUSPENDING, type Generation } from './generation.mjs';
import type { Imports } from './imports.mjs';
import { warnOfMemmap2 } from './memmap2.mjs';
import { seal, type Sealed } from './module.mjs';
import { missingPackages, UsageError } from './options.mjs';
import { unpack } from './package.mjs';
import { timed } from './progress.mjs';

/** From this size on, in bytes, jco takes so long that the user should know why. */
const SLOW_SIZE = 1 << 20;
/** The time limit of a translation. Components take less than a hundredth of it. */
const PATIENCE_MS = 300_000;

/** The export of a sealed component, by its generation; see guest/polyfill/plug/src/seal.rs. */
const RUN = 'wasi:cli/run@0.2.12';
const RUN_P3 = 'wasi:cli/run@0.3.0';

interface Instance {
  readonly [RUN]?: { run(): void };
  readonly [RUN_P3]?: { run(): Promise<void> };
}

type Instantiate = (
  getCoreModule: (path: string) => Promise<WebAssembly.Module>,
  imports: Imports,
) => Promise<Instance>;

/** The version of jco, an optional peer dependency. */
async function jcoVersion(): Promise<string> {
  let entry: string;
  try {
    entry = fileURLToPath(import.meta.resolve('@bytecodealliance/jco-transpile'));
  } catch {
    throw missingPackages();
  }
  const { version } = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** Translates in another process; see translate.mts. */
async function translate({ bytes: sealed, generation }: Sealed): Promise<Record<string, Uint8Array>> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('translate.mjs', import.meta.url)), generation], {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  child.stdin.on('error', () => undefined); // Its answer says why it stopped reading.
  child.stdin.end(sealed);
  const [bytes, end] = await Promise.all([buffer(child.stdout), ended]);
  const answer = unpack(bytes) ?? { error: `jco gave up (${end})` };
  if ('error' in answer) throw new Error(answer.error);
  return answer.files;
}

async function prepare(bytes: Buffer, path: string): Promise<Record<string, Uint8Array | string>> {
  const sealed = await seal(path, bytes);
  checkEngine(path, sealed.generation);
  const message = `translating ${basename(path)} (${(bytes.length / 2 ** 20).toFixed(1)} MiB), once`;
  const translated = bytes.length > SLOW_SIZE ? timed(message, () => translate(sealed)) : translate(sealed);
  const files = await translated.catch((error: Error) => {
    const [reason] = error.message.split('\n');
    throw new UsageError(`jco cannot translate ${path}: ${reason}`, false);
  });
  return { ...files, 'package.json': JSON.stringify({ type: 'module', wasi: sealed.generation }) };
}

function checkEngine(path: string, generation: Generation): void {
  if (generation === '0.3' && !canSuspend()) {
    throw new UsageError(`${path} ${NEEDS_SUSPENDING}; this is ${engineName()}`, false);
  }
}

/** This runtime and its version, such as "Node 22.1.0". */
function engineName(): string {
  const { bun, deno, node } = process.versions;
  return bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
}

/** The generation of a translation in the cache. */
async function generationOf(folder: string): Promise<Generation> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { wasi: Generation };
  return manifest.wasi;
}

/** A module with a global of `i32.const 0, i32.const 0, i32.add`. */
const EXTENDED_CONSTANT = [0, 97, 115, 109, 1, 0, 0, 0, 6, 9, 1, 127, 0, 65, 0, 65, 0, 106, 11];

/** Components with linked libraries, such as Python, need constant expressions that Node 20 has behind a flag. */
function allowExtendedConstants(): void {
  if (!WebAssembly.validate(Uint8Array.from(EXTENDED_CONSTANT)))
    setFlagsFromString('--experimental-wasm-extended-const');
}

async function compile(path: string, file: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(file));
  } catch (error) {
    throw new UsageError(`${path} has code that cannot be compiled: ${(error as Error).message}`, false);
  }
}

/**
 * Waits for a command. In WASI 0.3, jco's code runs parts of a component in tasks of its own, whose exceptions reach nobody else;
 * and a component can wait for what never comes.
 */
async function finished(run: () => Promise<void> | void): Promise<void> {
  let fail: (reason: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const hang = (): void => fail(new Error('deadlock: it waits, and nothing can end that'));
  process.on('uncaughtException', fail).once('beforeExit', hang);
  try {
    await Promise.race([run(), failed]);
  } finally {
    await settle();
    process.off('uncaughtException', fail).off('beforeExit', hang);
  }
}

/** Checks a component, and returns a function that runs it and throws what the component throws. */
export async function load(path: string, imports: Imports, version: string): Promise<() => Promise<void>> {
  const bytes = await readComponent(path);
  warnOfMemmap2(path, bytes);
  const jco = await jcoVersion();
  const key = createHash('sha256')
    .update(`sealed, mended, lowered, 0.3 ${version} ${jco} `)
    .update(bytes)
    .digest('hex');
  const folder = await cached(key, () => prepare(bytes, path));
  checkEngine(path, await generationOf(folder));
  const { instantiate } = (await import(pathToFileURL(join(folder, 'component.js')).href)) as {
    instantiate: Instantiate;
  };
  allowExtendedConstants();
  return async () => {
    const instance = await instantiate((file) => compile(path, join(folder, file)), imports);
    await finished(() => (instance[RUN_P3] ?? instance[RUN])?.run());
  };
}
