/** Guests in this process: transpiled by jco, on the host under test. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import * as shim from '@bytecodealliance/preview2-shim/filesystem';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { liveRegions } from '#native';
import { getImportObject } from 'wasi-mmap/host';
import { createPolyfill, type Imports } from 'wasi-mmap/polyfill';

/** TypeScript declares it for browsers only. */
const engine = (globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<object> } }).WebAssembly;

/** How jco hands calls to the host: with lists copied into arrays, or through the one-copy functions. */
export type Bindings = 'js' | 'hybrid';

/** The exit code of a component that called exit. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

interface Run {
  run(): void;
}

type Instantiate = (getCore: (file: string) => Promise<object>, imports: object) => Promise<object>;

const transpiled = new Map<string, Promise<{ instantiate: Instantiate; getCore: (file: string) => Promise<object> }>>();

async function transpile(path: string, bindings: Bindings) {
  const { files } = await transpileBytes(readFileSync(path), {
    name: 'component',
    instantiation: 'async',
    importBindings: bindings,
  });
  const folder = resolve('build/transpiled', `${path.replaceAll('/', '-')}-${bindings}`);
  for (const [name, content] of Object.entries({ ...files, 'package.json': '{"type":"module"}' })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const { instantiate } = (await import(pathToFileURL(join(folder, 'component.js')).href)) as {
    instantiate: Instantiate;
  };
  const modules = new Map<string, Promise<object>>();
  const getCore = (file: string): Promise<object> => {
    const module = modules.get(file) ?? engine.compile(readFileSync(join(folder, file)));
    modules.set(file, module);
    return module;
  };
  return { instantiate, getCore };
}

const { createFilesystem } = shim as unknown as {
  createFilesystem: (options: { preopens: Record<string, string> }) => object;
};

/** The exports of a component with access to these directories, with the native mapping or the polyfill. */
export async function instance(
  path: string,
  bindings: Bindings,
  preopens: Record<string, string>,
  args: string[] = [],
  native = true,
): Promise<object> {
  const key = `${path} ${bindings}`;
  const module = transpiled.get(key) ?? transpile(path, bindings);
  transpiled.set(key, module);
  const { instantiate, getCore } = await module;
  const wasi = new WASIShim({
    filesystem: createFilesystem({ preopens }) as never,
    sandbox: { args: ['guest', ...args], env: {} },
  });
  const exit = {
    exit: ({ tag }: { tag: string }) => {
      throw new Exit(tag === 'ok' ? 0 : 1);
    },
    exitWithCode: (code: number) => {
      throw new Exit(code);
    },
  };
  const imports = wasi.getImportObject() as Imports;
  const mapping = native ? getImportObject() : (await createPolyfill(imports)).getImportObject();
  return instantiate(getCore, { ...imports, ...mapping, 'wasi:cli/exit': exit });
}

/** The same of a command, ready to run. */
export async function load(...args: Parameters<typeof instance>): Promise<() => void> {
  const { run } = (await instance(...args)) as { run: Run };
  return () => run.run();
}

/** The end of a run: an exit code, or a trap. */
export function outcome(run: () => void): number | 'trap' {
  try {
    run();
    return 0;
  } catch (error) {
    return error instanceof Exit ? error.code : 'trap';
  }
}

/**
 * The file descriptors and regions that the process holds, after garbage collection has released all it can. It needs
 * `--expose-gc`.
 */
export async function settled(): Promise<{ descriptors: number; regions: number }> {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error('run with --expose-gc');
  for (let last = -1, same = 0; ;) {
    gc();
    await sleep(10); // Finalizers run on their own.
    const descriptors = readdirSync('/proc/self/fd').length;
    const regions = liveRegions();
    same = descriptors + regions === last ? same + 1 : 0;
    last = descriptors + regions;
    if (same === 4) return { descriptors, regions };
  }
}
