/** From a component to a function that runs it: translated by jco, once. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { cached } from './cache.mjs';
import type { Imports } from './imports.mjs';
import { missingPackages, UsageError } from './options.mjs';

/** Larger components take jco long enough that a user should know why. */
const SLOW_SIZE = 1 << 20;

/** What jco found in the component. */
interface Facts {
  readonly imports: string[];
  readonly run: string | undefined;
}

interface Instance {
  readonly [name: string]: { run(): void };
}

type Instantiate = (
  getCoreModule: (path: string) => Promise<WebAssembly.Module>,
  imports: Imports,
) => Promise<Instance>;

export async function readComponent(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(code === 'ENOENT' ? `no such file: ${path}` : `cannot read ${path}: ${code}`, false);
  }
  // "\0asm", then the version: 1 and layer 0 for a module, 13 and layer 1 for a component.
  if (bytes.length < 8 || bytes.readUInt32LE(0) !== 0x6d736100)
    throw new UsageError(`${path} is not WebAssembly`, false);
  if (bytes.readUInt16LE(6) !== 1) {
    throw new UsageError(
      `${path} is a core module, not a component: make one of it with "wasm-tools component new"`,
      false,
    );
  }
  return bytes;
}

/** The version of jco, which is an optional peer. */
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

async function transpile(bytes: Buffer, path: string): Promise<Record<string, Uint8Array | string>> {
  if (bytes.length > SLOW_SIZE) {
    const size = (bytes.length / 2 ** 20).toFixed(1);
    process.stderr.write(`wasi-mmap: translating ${basename(path)} (${size} MiB), once\n`);
  }
  const jco = await import('@bytecodealliance/jco-transpile').catch((error: Error) => {
    // It has native parts, which npm leaves out with `--omit=optional`, or where there is none for the system.
    throw new UsageError(`jco cannot be loaded: ${error.message}`, false);
  });
  const { files, imports, exports } = await jco
    .transpileBytes(bytes, {
      name: 'component',
      instantiation: 'async',
      importBindings: 'hybrid', // For one copy, see ts/host/lowered.mts.
      emitTypescriptDeclarations: false,
      nodejsCompat: false,
    })
    .catch((error: unknown) => {
      throw new UsageError(
        `jco cannot translate ${path}: ${error instanceof Error ? error.message : String(error)}`,
        false,
      );
    });
  const run = exports.find(([name, kind]) => kind === 'instance' && /^wasi:cli\/run(@|$)/.test(name))?.[0];
  const facts: Facts = { imports, run };
  return { ...files, 'package.json': '{"type":"module"}', 'facts.json': JSON.stringify(facts) };
}

/** A module with a global of `i32.const 0, i32.const 0, i32.add`. */
const EXTENDED_CONSTANT = [0, 97, 115, 109, 1, 0, 0, 0, 6, 9, 1, 127, 0, 65, 0, 65, 0, 106, 11];

/** Libraries that are linked into a component, as Python is, need constant expressions that Node 20 has behind a flag. */
function allowExtendedConstants(): void {
  if (!WebAssembly.validate(Uint8Array.from(EXTENDED_CONSTANT)))
    setFlagsFromString('--experimental-wasm-extended-const');
}

/** Checks a component, and returns what starts it. */
export async function load(path: string, imports: Imports, version: string): Promise<() => void> {
  const bytes = await readComponent(path);
  const jco = await jcoVersion();
  const key = createHash('sha256').update(`${version} ${jco} `).update(bytes).digest('hex');
  const folder = await cached(key, () => transpile(bytes, path));
  const facts = JSON.parse(await readFile(join(folder, 'facts.json'), 'utf8')) as Facts;
  const unknown = facts.imports.filter((name) => !(name in imports));
  if (unknown.length > 0) throw new UsageError(`${path} imports what is not provided: ${unknown.join(', ')}`, false);
  const { run } = facts;
  if (run === undefined) throw new UsageError(`${path} is not a command: it does not export wasi:cli/run`, false);
  const { instantiate } = (await import(pathToFileURL(join(folder, 'component.js')).href)) as {
    instantiate: Instantiate;
  };
  allowExtendedConstants();
  const instance = await instantiate(async (file) => WebAssembly.compile(await readFile(join(folder, file))), imports);
  return () => instance[run]?.run();
}
