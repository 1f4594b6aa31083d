#!/usr/bin/env node
/**
 * The command `wasi-mmap-jco`: jco with the files of this machine. jco reads WIT through preview2-shim, and version 0.26.1 of
 * that grants no directory by itself: "os error 44". The test of guest/js/README.md notices a mended release.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

interface Filesystem {
  readonly _getPreopens: () => unknown[];
  readonly _addPreopen: (name: string, folder: string) => void;
}

/** The file that a package is imported from, seen from another file; undefined if it is not installed. */
function find(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

/** jco is looked for beside the program that it compiles, then beside this package. */
const jco = [resolve('package.json'), fileURLToPath(import.meta.url)]
  .map((from) => find('@bytecodealliance/jco', from))
  .find((path) => path !== undefined);

if (jco === undefined) {
  process.stderr.write(
    'wasi-mmap-jco: jco is missing: npm install @bytecodealliance/jco @bytecodealliance/componentize-js\n',
  );
  process.exitCode = 2;
} else {
  // Its parts may have copies of the shim of their own.
  const parts = ['jco-transpile', 'componentize-js', 'componentize-js-0-19-3'];
  const users = [jco, ...parts.map((part) => find(`@bytecodealliance/${part}`, jco))];
  const shims = users.map((user) => user && find('@bytecodealliance/preview2-shim/filesystem', user));
  for (const shim of new Set(shims)) {
    if (shim === undefined) continue;
    const { _getPreopens: granted, _addPreopen: grant } = (await import(pathToFileURL(shim).href)) as Filesystem;
    if (granted().length === 0) grant('/', process.platform === 'win32' ? '//' : '/');
  }
  const folder = join(dirname(jco), '..');
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: { jco: string } };
  await import(pathToFileURL(join(folder, bin.jco)).href);
}
