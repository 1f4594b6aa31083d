/**
 * The native host for guest components that jco has transpiled: it gives them real memory mappings of the files whose
 * descriptors they hold.
 *
 *     jco transpile guest.wasm -o out --import-bindings hybrid --map 'wasi-mmap:mmap/*=wasi-mmap/host#*'
 *
 * Descriptors are those of {@link createFilesystem}, or of `@bytecodealliance/preview2-shim` (0.26), of which there must be only
 * one copy in the program. A guest gets the errors of `wit/mmap.wit`; importing this module throws if there is no addon for
 * the system.
 *
 * The same `mapping` serves guests of WASI 0.3 (in Node 24.20 or newer): then descriptors are those of {@link toFilesystemP3}, or
 * of `@bytecodealliance/preview3-shim` (0.7).
 *
 * @packageDocumentation
 */
import { mapping } from './mapping.mjs';
import { span } from './span.mjs';
import { offerLowered } from './lowered.mjs';

export {
  createFilesystem,
  toFilesystemP3,
  type Filesystem,
  type FilesystemP3,
  type Preopen,
} from '../filesystem/index.mjs';
export { acceptLibcWrites } from '../preview2-shim/libc-writes.mjs';
export { setLimits, type Limits } from './limits.mjs';
export { metrics, type Metrics } from './metrics.mjs';
export { mapping, span };

offerLowered();

/** Imports for `instantiate()` of a guest that was transpiled with `--instantiation`, in addition to those of `WASIShim`. */
export function getImportObject(): { 'wasi-mmap:mmap/mapping': typeof mapping; 'wasi-mmap:mmap/span': typeof span } {
  return { 'wasi-mmap:mmap/mapping': mapping, 'wasi-mmap:mmap/span': span };
}
