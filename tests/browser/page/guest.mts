/** The guest component of the page, linked with the polyfill over a store. */
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { createPolyfill } from 'wasi-mmap/polyfill';
import { component, coreModule } from './components.mjs';
import type { Filesystem } from './stores.mjs';

export type Access = 'read' | 'write' | 'copy';

/** `tests/browser/guest/viewer.wit`, as jco translates it. */
export interface View extends Partial<Disposable> {
  length(): bigint;
  fileSize(): bigint;
  read(offset: bigint, length: bigint): Uint8Array;
  write(offset: bigint, bytes: Uint8Array): void;
  find(needle: Uint8Array, start: bigint, end: bigint): bigint | undefined;
  rfind(needle: Uint8Array, start: bigint, end: bigint): bigint | undefined;
  flush(): void;
}

export interface Viewer {
  open(path: string, access: Access): View;
}

type Imports = Record<string, object>;

/** The imports of a guest: WASI of preview2-shim, with the file system and mappings of the polyfill over this one. */
async function importsOver(filesystem: Filesystem): Promise<Imports> {
  const wasi = new WASIShim({ filesystem }).getImportObject();
  const polyfill = await createPolyfill(wasi);
  return { ...wasi, ...polyfill.getImportObject() };
}

/** A translated component, whose core modules are compiled once for all instances. */
export async function load<T>(name: string): Promise<(imports: Imports) => Promise<T>> {
  const instantiate = await component<T>(name);
  const modules = new Map<string, Promise<WebAssembly.Module>>();
  const compile = (path: string): Promise<WebAssembly.Module> => {
    let module = modules.get(path);
    if (!module) {
      module = coreModule(name, path);
      modules.set(path, module);
    }
    return module;
  };
  return (imports) => instantiate(compile, imports);
}

export async function startViewer(filesystem: Filesystem): Promise<Viewer> {
  const instantiate = await load<{ viewer: { View: Viewer } }>('viewer');
  return (await instantiate(await importsOver(filesystem))).viewer.View;
}

/** The error-code in an exception of a guest; undefined if the guest failed. */
export function codeOf(error: unknown): string | undefined {
  const { payload } = (error ?? {}) as { payload?: unknown };
  return typeof payload === 'string' ? payload : undefined;
}
