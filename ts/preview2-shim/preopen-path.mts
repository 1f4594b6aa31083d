/**
 * Paths of preopened directories, for preview2-shim in Node on Windows.
 *
 * Fault: the shim does not know the prefix `\\?\` of long paths, which Node adds to some paths by itself.
 * Versions: all up to 0.26.1.
 * Mended: no test notices it here. On Windows, `createFilesystem` with a preopen of this prefix then opens files below it.
 */
import { resolve } from 'node:path';

/** The absolute path of a directory, as the shim understands it. */
export function preopenPath(path: string): string {
  const absolute = resolve(path);
  return process.platform === 'win32'
    ? absolute.replace(/^\\\\\?\\UNC\\/i, '\\\\').replace(/^\\\\\?\\(?=[a-z]:)/i, '')
    : absolute;
}
