/** A copy of preview2-shim that nothing has changed, and that finds no other packages, with a file system of one folder. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const PACKAGE = 'node_modules/@bytecodealliance/preview2-shim';

export const folder = mkdtempSync(join(tmpdir(), 'preview2-shim-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
cpSync(PACKAGE, join(folder, 'shim'), { recursive: true });

/** The folder of the host. */
export const data = join(folder, 'data');
mkdirSync(data);

/** Loads a module of the copy. */
export const load = (path: string): Promise<unknown> => import(pathToFileURL(join(folder, 'shim/dist', path)).href);

/** The folder as a guest sees it, with those methods that a test calls. */
export async function openRoot<Descriptor>(): Promise<Descriptor> {
  const { createFilesystem } = (await load('nodejs/filesystem.js')) as {
    createFilesystem: (options: object) => { preopens: { getDirectories(): Array<[Descriptor, string]> } };
  };
  const [entry] = createFilesystem({ preopens: { '/': data } }).preopens.getDirectories();
  return (entry as [Descriptor, string])[0];
}
