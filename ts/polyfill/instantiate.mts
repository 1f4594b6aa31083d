/** The component, as jco has transpiled it for both Node and browsers. */
import { instantiate } from './component/polyfill.js';

const FOLDER = new URL('./component/', import.meta.url);

/** Node fetches no files. */
async function readModule(name: string): Promise<WebAssembly.Module> {
  const { readFile } = await import('node:fs/promises');
  return WebAssembly.compile(await readFile(new URL(name, FOLDER)));
}

export const instantiatePolyfill = (wasi: object): ReturnType<typeof instantiate> =>
  instantiate(FOLDER.protocol === 'file:' ? readModule : undefined, wasi);
