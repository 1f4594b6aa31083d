/** Where the files of this package are, also after a bundler has put its code into a file of the program. */
import { files, modules, paths } from './builtins.js';

const { existsSync, readFileSync } = files;
// oxlint-disable-next-line typescript/unbound-method -- they use no `this`
const { dirname, join } = paths;

/** The version in package.json. Code and addon of different versions do not fit. */
export const VERSION = '0.2.0';

// An ES module that a bundler has made of this file has neither name.
const here = typeof __dirname === 'string' ? __dirname : undefined;
const file = typeof __filename === 'string' ? __filename : undefined;

/** Whether this file is not one of the package any more. Bun writes the name that it had into a bundle. */
export const isBundled = file === undefined || !/[\\/]dist[\\/]node[\\/]places\.js$/.test(file) || !existsSync(file);

/** The folders in which the program, of which this package has become a part, can lie. */
function programs(): string[] {
  const names = [process.argv[1], process.execPath]; // The second one is a program that Bun or Deno has compiled.
  return [here, ...names.map((name) => name && dirname(name))].filter((folder) => folder !== undefined);
}

/** The installed package of this version that a program in this folder would import. */
function installed(folder: string): string | undefined {
  try {
    const path = modules.createRequire(join(folder, 'program.js')).resolve('wasi-mmap/package.json');
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: unknown };
    return version === VERSION ? dirname(path) : undefined;
  } catch {
    return undefined;
  }
}

/** The folders that may hold `prebuilds`, the nearest first. The package itself is the only one unless it is bundled. */
export function findRoots(): string[] {
  if (here !== undefined && !isBundled) return [join(here, '..', '..')];
  const folders = programs();
  return [
    ...folders.filter((folder) => existsSync(join(folder, 'prebuilds'))),
    ...folders.flatMap((folder) => installed(folder) ?? []),
  ];
}
