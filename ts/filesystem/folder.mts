/**
 * Directories, and names in them.
 *
 * On Linux the path of a name goes through `/proc/self/fd`, so it is relative to the open directory: it stays right when the
 * directory is moved, and no other process can put a symbolic link into its way. Elsewhere it is a path from the root.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { refuse } from './codes.mjs';
import { OpenFile } from './open-file.mjs';

/** Opens a directory without the right to read it. The number is that of all machines that Node runs on. */
const O_PATH = 0o10000000;

/** On Windows 0: `locate` looks for symbolic links and directories itself. */
const O_DIRECTORY = (constants.O_DIRECTORY as number | undefined) ?? 0;
export const O_NOFOLLOW = (constants.O_NOFOLLOW as number | undefined) ?? 0;

/** Whether directories can be opened by their descriptors here. Deno has to be allowed to, and a sandbox may lack `/proc`. */
let byDescriptor: boolean | undefined;

function canOpenByDescriptor(fd: number): boolean {
  try {
    const own = fstatSync(fd, { bigint: true });
    const other = lstatSync(`/proc/self/fd/${fd}/.`, { bigint: true });
    return own.ino === other.ino && own.dev === other.dev;
  } catch {
    return false;
  }
}

/** Names that Windows gives a meaning of its own, in any directory. */
const RESERVED = /[<>:"|?*]|[. ]$|^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(\.|$)/i;

export class Folder {
  readonly #file: OpenFile | undefined;
  readonly #path: string;

  private constructor(file: OpenFile | undefined, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** A directory of the host. It may be a symbolic link to one. */
  static open(path: string): Folder {
    if (process.platform !== 'linux') return new Folder(undefined, path);
    const fd = openSync(path, O_PATH | O_DIRECTORY);
    byDescriptor ??= canOpenByDescriptor(fd);
    if (byDescriptor) return Folder.#of(new OpenFile(fd), path);
    closeSync(fd);
    return new Folder(undefined, path);
  }

  static #of(file: OpenFile, path: string): Folder {
    const folder = new Folder(file, path);
    file.keep(folder);
    return folder;
  }

  /** A directory in this one, which is no symbolic link. */
  inside(name: string): Folder {
    const path = this.at(name);
    if (this.#file === undefined) return new Folder(undefined, path);
    return Folder.#of(new OpenFile(openSync(path, O_PATH | O_DIRECTORY | O_NOFOLLOW)), path);
  }

  /** The path of a name in this directory, for calls that follow no symbolic link. */
  at(name: string): string {
    if (process.platform === 'win32' && RESERVED.test(name) && name !== '.') refuse('no-entry');
    return this.#file === undefined ? join(this.#path, name) : `/proc/self/fd/${this.#file.fd}/${name}`;
  }

  stat(): BigIntStats {
    return this.#file === undefined
      ? lstatSync(this.#path, { bigint: true })
      : fstatSync(this.#file.fd, { bigint: true });
  }

  /** The same directory for another user, who closes it alone. */
  copy(): Folder {
    return this.#file === undefined ? new Folder(undefined, this.#path) : Folder.#of(this.#file, this.#path);
  }

  close(): void {
    this.#file?.drop(this);
  }
}
