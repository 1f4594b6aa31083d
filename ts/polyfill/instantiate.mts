/** The polyfill component, as jco has transpiled it for both Node and browsers. */
import type { InstantiateCore } from '../instantiate-core.js';
import { modules } from './component/modules.js';
import { instantiate } from './component/polyfill.js';

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** Node does not fetch files. */
async function readBytes(url: URL): Promise<Uint8Array> {
  if (url.protocol === 'file:') return (await import('node:fs/promises')).readFile(url);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function compile(name: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readBytes((modules[name] as () => URL)()));
  } catch (cause) {
    const message =
      `wasi-mmap cannot load ${name} of its polyfill: ${(cause as Error).message}. In a program made by a bundler that does ` +
      'not copy it (esbuild and rollup do not), mark wasi-mmap as external, or copy dist/polyfill/component/*.wasm of the ' +
      'package beside the program';
    throw new Error(message, { cause });
  }
}

/** Each core module is compiled once for all instances. */
function getCoreModule(name: string): Promise<WebAssembly.Module> {
  const module = compiled.get(name) ?? compile(name);
  compiled.set(name, module);
  module.catch(() => compiled.delete(name)); // A page may be offline for a while.
  return module;
}

export const instantiatePolyfill = (wasi: object, core?: InstantiateCore): ReturnType<typeof instantiate> =>
  instantiate(getCoreModule, wasi, core);
