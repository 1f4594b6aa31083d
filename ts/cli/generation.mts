/** The generations of WASI that `run` knows. */

/** A component of 0.3 may use 0.2 beside it. */
export type Generation = '0.2' | '0.3';

/**
 * The names under which a translation looks for its imports of WASI 0.3. jco leaves out versions, so those of both generations
 * would have the same.
 */
export const MAP_P3: Readonly<Record<string, string>> = {
  'wasi:cli/*@0.3.0': 'p3:cli/*',
  'wasi:clocks/*@0.3.0': 'p3:clocks/*',
  'wasi:filesystem/*@0.3.0': 'p3:filesystem/*',
  'wasi:random/*@0.3.0': 'p3:random/*',
  'wasi:sockets/*@0.3.0': 'p3:sockets/*',
  'wasi-mmap:mmap/*@0.3.0': 'p3:mmap/*',
};

/** Whether this engine can suspend a component, as jco's code for WASI 0.3 needs (JavaScript Promise Integration). */
export const canSuspend = (): boolean => 'Suspending' in WebAssembly && 'promising' in WebAssembly;

/** What to do where it cannot. */
export const NEEDS_SUSPENDING =
  'is of WASI 0.3, which needs Node 24.20 or newer (24.0 to 24.14: node --experimental-wasm-jspi)';
