// oxlint-disable typescript/unbound-method -- it replaces methods, and calls those that were there with their object
/**
 * Read-only directories, for preview2-shim in Node.
 *
 * Fault: the shim has no rights of directories: through a preopened directory a guest can change everything below it. So
 * descriptors of directories get methods that refuse changes.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("a directory without rights lets guests change it").
 */
import type {
  Descriptor,
  DescriptorFlags,
  OpenFlags,
  PathFlags,
} from '../bindings/interfaces/wasi-filesystem-types.js';

/** The answer of wasmtime. */
function refuse(): never {
  // oxlint-disable-next-line typescript/only-throw-error -- jco's convention for the `err` of a result
  throw 'not-permitted';
}

/** The methods that change a directory, a file in it, or the name of a file. */
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
 * Makes directories of a guest, and everything opened through them, read-only.
 *
 * @param all every directory of the guest
 * @param readOnly the directories, out of these, to make read-only
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

  /** Refuses to move or link anything from other directories into a read-only one. */
  function restrictWrites(descriptor: Descriptor): Descriptor {
    const { linkAt, openAt, renameAt } = descriptor;
    override(descriptor, 'linkAt', (at: PathFlags, from: string, directory: Descriptor, to: string) => {
      if (restricted.has(directory)) refuse();
      linkAt.call(descriptor, at, from, directory, to);
    });
    override(descriptor, 'renameAt', (from: string, directory: Descriptor, to: string) => {
      if (restricted.has(directory)) refuse();
      renameAt.call(descriptor, from, directory, to);
    });
    override(descriptor, 'openAt', (...args: Parameters<typeof openAt>) =>
      restrictWrites(openAt.apply(descriptor, args)),
    );
    return descriptor;
  }

  for (const directory of all) {
    if (readOnly.includes(directory)) forbidChanges(directory);
    else restrictWrites(directory);
  }
}
