/** The operating system's file of a guest's descriptor, in either generation of WASI. */
import type * as P3 from '../bindings-p3/interfaces/wasi-filesystem-types.js';
import type { Descriptor, DescriptorFlags } from '../bindings/interfaces/wasi-filesystem-types.js';
import { DescriptorP3 } from '../filesystem/descriptor-p3.mjs';
import { ALL_RIGHTS } from '../node/native.js';
import { isOfP2, withFile as withFileP2 } from '../preview2-shim/descriptor.mjs';
import { fileOfP3, findFileHandles } from '../preview3-shim/descriptor.mjs';

/** A file of a guest: ours, preview2-shim's or preview3-shim's. */
export type File = Descriptor | P3.Descriptor;

// Only engines that can suspend a guest run WASI 0.3.
if ('Suspending' in WebAssembly) findFileHandles().catch(() => undefined);

/**
 * Calls a function with the operating system's file of a descriptor, and with the rights of the descriptor. The file is
 * open during the call only, can be of any kind, and can be open for more than the rights allow.
 *
 * @throws {MmapError} `bad-descriptor`, `unsupported` (a directory), `access-denied` (no right to read) or `io`
 */
export function withFile<T>(file: File, call: (fd: number, rights: DescriptorFlags) => T): T {
  if (file instanceof DescriptorP3) return withFileP2(DescriptorP3.innerOf(file), call);
  if (!isOfP2(file)) {
    const fd = fileOfP3(file);
    // The system knows for what the file is open.
    if (fd !== undefined) return call(fd, ALL_RIGHTS);
  }
  return withFileP2(file as Descriptor, call);
}
