// oxlint-disable typescript/unbound-method -- it replaces methods, and calls those that were there with their object
/** Directories for reading only. preview2-shim knows no rights of directories, so their descriptors get methods that do. */
import type {
  Descriptor,
  DescriptorFlags,
  OpenFlags,
  PathFlags,
} from '../bindings/interfaces/wasi-filesystem-types.js';

/** What wasmtime answers. */
function refuse(): never {
  // oxlint-disable-next-line typescript/only-throw-error -- jco's convention for the `err` of a result
  throw 'not-permitted';
}

/** Everything that changes a directory, a file in it, or what a file is called. */
const CHANGES = [
  'createDirectoryAt',
  'linkAt',
  'removeDirectoryAt',
  'renameAt',
  'setTimesAt',
  'symlinkAt',
  'unlinkFileAt',
  'setTimes',
  'setSize',
] as const;

function override(descriptor: Descriptor, name: string, value: unknown): void {
  Object.defineProperty(descriptor, name, { value });
}

/**
 * Makes some of a guest's directories, and everything that is opened through them, read-only.
 *
 * @param all every directory of the guest
 * @param readOnly those of them that may only be read
 */
export function restrict(all: readonly Descriptor[], readOnly: readonly Descriptor[]): void {
  const restricted = new WeakSet<Descriptor>();

  function forbidChanges(descriptor: Descriptor): Descriptor {
    restricted.add(descriptor);
    for (const name of CHANGES) override(descriptor, name, refuse);
    const openAt = descriptor.openAt;
    override(descriptor, 'openAt', (at: PathFlags, path: string, open: OpenFlags, flags: DescriptorFlags) => {
      if (flags.write || flags.mutateDirectory || open.create || open.truncate) refuse();
      return forbidChanges(openAt.call(descriptor, at, path, open, flags));
    });
    return descriptor;
  }

  /** Others may not move or link anything into a directory that is read-only. */
  function guard(descriptor: Descriptor): Descriptor {
    const { linkAt, openAt, renameAt } = descriptor;
    override(descriptor, 'linkAt', (at: PathFlags, from: string, directory: Descriptor, to: string) => {
      if (restricted.has(directory)) refuse();
      linkAt.call(descriptor, at, from, directory, to);
    });
    override(descriptor, 'renameAt', (from: string, directory: Descriptor, to: string) => {
      if (restricted.has(directory)) refuse();
      renameAt.call(descriptor, from, directory, to);
    });
    override(descriptor, 'openAt', (...args: Parameters<typeof openAt>) => guard(openAt.apply(descriptor, args)));
    return descriptor;
  }

  for (const directory of all) {
    if (readOnly.includes(directory)) forbidChanges(directory);
    else guard(directory);
  }
}
