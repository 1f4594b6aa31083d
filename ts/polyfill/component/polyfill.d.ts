/** What jco makes of the polyfill component, which the Makefile puts in this place of the package. */
import type * as Mapping from '../../bindings/interfaces/wasi-mmap-mmap-mapping.js';
import type { InstantiateCore } from '../../instantiate-core.js';

/** Makes an instance over some WASI. Without a function that gets the core modules they are fetched from beside it. */
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
