// oxlint-disable typescript/unbound-method -- it replaces methods, and calls those that were there with their object
/**
 * Descriptors of preview2-shim's file system for browsers.
 *
 * Faults: descriptors forget the rights that they were opened with; sizes and positions of 2^53 and more, and positions
 * past the end of a file, trap the guest; a file with empty text is of no kind; each write copies the whole file.
 * Versions: all up to 0.26.1.
 * Mended: tests/browser/descriptors.test.mts fails (the tests "as it is, the shim ...").
 */
import { dispose } from '../disposable.js';
import type { Descriptor, DescriptorFlags } from '../bindings/interfaces/wasi-filesystem-types.js';

const MAX_SIZE = BigInt(Number.MAX_SAFE_INTEGER);
const mended = new WeakSet<Descriptor>();

function refuse(code: string): never {
  // oxlint-disable-next-line typescript/only-throw-error -- jco's convention for the `err` of a result
  throw code;
}

/** A size that does not fit into memory is an error of the file system, not a failure of the host. */
function withinMemory<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    return error instanceof RangeError ? refuse('insufficient-space') : refuse(error as string);
  }
}

/** Only the shim's class has locks: WASI 0.2 has none. */
function isShim(types: { Descriptor?: { prototype: object } }): types is { Descriptor: { prototype: Descriptor } } {
  return types.Descriptor !== undefined && 'tryLockShared' in types.Descriptor.prototype;
}

/**
 * Mends the class `Descriptor` of the shim. Further calls do nothing.
 *
 * @param types `wasi:filesystem/types`. The types of another implementation stay as they are
 */
export function mendDescriptors(types: object = {}): void {
  if (!isShim(types)) return;
  const { prototype } = types.Descriptor;
  if (mended.has(prototype)) return;
  mended.add(prototype);
  const { openAt, getFlags, read, readViaStream, writeViaStream, appendViaStream, setSize } = prototype;

  // The shim's descriptors report all rights, whatever they were opened with, and allow their use.
  const rights = new WeakMap<Descriptor, DescriptorFlags>();
  const need = (descriptor: Descriptor, right: 'read' | 'write'): void => {
    if (descriptor.getType() === 'directory') refuse('is-directory');
    if (!prototype.getFlags.call(descriptor)[right]) refuse('bad-descriptor');
  };
  prototype.getFlags = function (this: Descriptor) {
    return { ...(rights.get(this) ?? getFlags.call(this)) };
  };
  prototype.openAt = function (this: Descriptor, pathFlags, path, openFlags, flags) {
    const opened = openAt.call(this, pathFlags, path, openFlags, flags);
    const isDirectory = opened.getType() === 'directory';
    if (isDirectory && flags.write) refuse('is-directory');
    rights.set(opened, { ...flags, mutateDirectory: isDirectory && flags.mutateDirectory === true });
    return opened;
  };

  // A file with empty text has no kind in the shim.
  prototype.getType = function (this: Descriptor) {
    return this.stat().type;
  };

  // Numbers of 2^53 and more, and positions past the end of the file, are valid.
  prototype.read = function (this: Descriptor, length, offset) {
    need(this, 'read');
    const size = this.stat().size;
    return offset >= size ? [new Uint8Array(0), true] : read.call(this, length < size ? length : size, offset);
  };
  prototype.readViaStream = function (this: Descriptor, offset) {
    need(this, 'read');
    const size = this.stat().size;
    return readViaStream.call(this, offset < size ? offset : size);
  };

  // `write` copies the whole file for each byte; a write through a stream does not.
  prototype.write = function (this: Descriptor, bytes, offset) {
    const stream = prototype.writeViaStream.call(this, offset);
    try {
      const part = bytes.subarray(0, Number(stream.checkWrite()));
      withinMemory(() => stream.write(part));
      return BigInt(part.length);
    } finally {
      (stream as Partial<Disposable>)[dispose]?.();
    }
  };
  prototype.writeViaStream = function (this: Descriptor, offset) {
    need(this, 'write');
    return offset > MAX_SIZE ? refuse('file-too-large') : writeViaStream.call(this, offset);
  };
  prototype.appendViaStream = function (this: Descriptor) {
    need(this, 'write');
    return appendViaStream.call(this);
  };
  prototype.setSize = function (this: Descriptor, size) {
    need(this, 'write');
    if (size > MAX_SIZE) refuse('file-too-large');
    withinMemory(() => setSize.call(this, size));
  };
}
