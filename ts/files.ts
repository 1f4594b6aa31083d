/** Paths over `wasi:filesystem`: files are opened below the directories that the host has granted. */
import type { Descriptor, DescriptorFlags } from './bindings/interfaces/wasi-filesystem-types.js';

/** The error of a path that could not be opened. */
export class OpenError extends Error {
  override readonly name = 'OpenError';
  /** The error-code of `wasi:filesystem`, such as `no-entry`. */
  readonly code: string;

  constructor(code: string, path: string) {
    super(`${code}: cannot open ${path}`);
    this.code = code;
  }
}

/** The parts of a path relative to the root, which is also the initial working directory. */
function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/**
 * Opens a file below a directory that the host has granted.
 *
 * @param path absolute, or relative to the root
 * @param flags the rights of the descriptor
 * @throws {OpenError} with the error-code of `wasi:filesystem`: `no-entry` if the host has granted no directory above it
 */
export type Open<D> = (path: string, flags: DescriptorFlags) => D;

/** Makes {@link Open} over the preopened directories at the time of the first call. */
export function openerBelow<D extends Pick<Descriptor, 'openAt'>>(getDirectories: () => Array<[D, string]>): Open<D> {
  let directories: Array<{ directory: D; parts: string[] }> | undefined;
  return (path, flags) => {
    directories ??= getDirectories()
      .map(([directory, name]) => ({ directory, parts: partsOf(name) }))
      .sort((a, b) => b.parts.length - a.parts.length); // The longest path first.
    const parts = partsOf(path);
    const granted = directories.find((candidate) => candidate.parts.every((part, index) => part === parts[index]));
    if (!granted) throw new OpenError('no-entry', path);
    try {
      const rest = parts.slice(granted.parts.length).join('/') || '.';
      return granted.directory.openAt({ symlinkFollow: true }, rest, {}, flags) as unknown as D;
    } catch (error) {
      const code = (error as { payload?: unknown } | null)?.payload ?? error;
      throw typeof code === 'string' ? new OpenError(code, path) : error;
    }
  };
}
