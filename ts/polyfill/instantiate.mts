/** The polyfill component, as jco has transpiled it for both Node and browsers. */
import { instantiate } from './component/polyfill.js';
import type { InstantiateCore } from '../instantiate-core.js';

const FOLDER = new URL('./component/', import.meta.url);

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** Reads a core module, for Node does not fetch files. Each is compiled once for all instances. */
function readModule(name: string): Promise<WebAssembly.Module> {
  const known = modules.get(name);
  if (known) return known;
  const module = import('node:fs/promises')
    .then(({ readFile }) => readFile(new URL(name, FOLDER)))
    .then((bytes) => WebAssembly.compile(bytes));
  modules.set(name, module);
  return module;
}

export const instantiatePolyfill = (wasi: object, core?: InstantiateCore): ReturnType<typeof instantiate> =>
  instantiate(FOLDER.protocol === 'file:' ? readModule : undefined, wasi, core);
