/** The transpiled polyfill component, which the Makefile puts beside this file in the package. */
import type * as Mapping from '../../bindings/interfaces/wasi-mmap-mmap-mapping.js';
import type { InstantiateCore } from '../../instantiate-core.js';

/** Makes an instance over a WASI. By default it fetches its core modules from beside this file. */
export function instantiate(
  getCoreModule: ((name: string) => Promise<WebAssembly.Module>) | undefined,
  wasi: object,
  instantiateCore?: InstantiateCore,
): Promise<{
  types: object;
  preopens: { getDirectories(): Array<[Mapping.Descriptor, string]> };
  mapping: typeof Mapping;
  span: object;
}>;
