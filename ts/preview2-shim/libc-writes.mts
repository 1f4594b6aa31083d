/**
 * Files that a C library opens for writing, for preview2-shim in Node.
 *
 * Fault: the C library of WASI 0.2 asks for `mutate-directory` with every right to write, as do `open()` in C and
 * `std::fs` in Rust. `openAt` of the shim refuses that as `unsupported`, though the flag says nothing about a file.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("a C library cannot open a file for writing").
 */
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
 * It removes the flag `mutate-directory` from every `open-at`, for all guests in the process. On a directory, the flag asks
 * for a right that the shim grants anyway. Further calls do nothing.
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
