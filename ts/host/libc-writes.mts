/** A way round a fault of preview2-shim, for guests with the C library of WASI 0.2. */
import { types } from '@bytecodealliance/preview2-shim/filesystem';
import type {
  Descriptor,
  DescriptorFlags,
  OpenFlags,
  PathFlags,
} from '../bindings/interfaces/wasi-filesystem-types.js';

let accepting = false;

/**
 * Lets guests open files for writing with the C library of WASI 0.2, as `std::fs` in Rust and `open()` in C do.
 *
 * That library asks for `mutate-directory` with every right to write, and preview2-shim, up to and including 0.26.1,
 * refuses such an open as `unsupported`, though the flag says nothing about a file. This takes the flag off for all
 * guests in the process; on a directory it asks for a right that the shim grants anyway. Calling it again does nothing.
 */
export function acceptLibcWrites(): void {
  if (accepting) return;
  accepting = true;
  const { prototype } = types.Descriptor as unknown as { prototype: Descriptor };
  // oxlint-disable-next-line typescript/unbound-method -- called with its object below
  const openAt = prototype.openAt;
  prototype.openAt = function (
    this: Descriptor,
    pathFlags: PathFlags,
    path: string,
    openFlags: OpenFlags,
    flags: DescriptorFlags,
  ) {
    return openAt.call(this, pathFlags, path, openFlags, { ...flags, mutateDirectory: false });
  };
}
