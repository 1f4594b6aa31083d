/** Paths: the component model passes descriptors, so files are opened here. */
import { getDirectories } from 'wasi:filesystem/preopens@0.2.12';
import type { Descriptor, DescriptorFlags } from 'wasi:filesystem/types@0.2.12';

export type { Descriptor };

/** Why a path could not be opened. */
export class OpenError extends Error {
  override readonly name = 'OpenError';
  /** The error-code of `wasi:filesystem`, such as `no-entry`. */
  readonly code: string;

  constructor(code: string, path: string) {
    super(`${code}: cannot open ${path}`);
    this.code = code;
  }
}

/** The parts of a path below the root, which is also where a program starts. */
function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

let directories: Array<{ directory: Descriptor; parts: string[] }> | undefined;

/**
 * Opens a file below a directory that the host has granted.
 *
 * @param flags the rights that the descriptor shall carry
 * @throws {OpenError}
 */
export function open(path: string, flags: DescriptorFlags): Descriptor {
  directories ??= getDirectories()
    .map(([directory, name]) => ({ directory, parts: partsOf(name) }))
    .sort((a, b) => b.parts.length - a.parts.length); // The narrowest first.
  const parts = partsOf(path);
  const granted = directories.find((candidate) => candidate.parts.every((part, index) => part === parts[index]));
  if (!granted) throw new OpenError('no-entry', path);
  try {
    const rest = parts.slice(granted.parts.length).join('/') || '.';
    return granted.directory.openAt({ symlinkFollow: true }, rest, {}, flags);
  } catch (error) {
    const code = (error as { payload?: unknown } | null)?.payload;
    throw typeof code === 'string' ? new OpenError(code, path) : error;
  }
}
