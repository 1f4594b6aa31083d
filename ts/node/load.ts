/** Finds the addon for this system: the one that a clone has built, else the one in the package. */
import { files, paths } from './builtins.js';
import { glibcVersion, libc } from './libc.js';
import { findRoots, isBundled } from './places.js';

const { existsSync, readdirSync } = files;
// oxlint-disable-next-line typescript/unbound-method -- they use no `this`
const { join, sep, toNamespacedPath } = paths;

/** Where the addon can be: built in a clone, and in the package, on Linux one for each C library. */
function candidates(): string[] {
  const system = `${process.platform}-${process.arch}`;
  const library = process.platform === 'linux' ? libc() : undefined;
  return [
    join('build', 'addon', library === 'musl' ? `${system}-musl` : system, 'wasi_mmap.node'),
    join('prebuilds', system, library ? `wasi-mmap.${library}.node` : 'wasi-mmap.node'),
  ];
}

function thisSystem(): string {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return name;
  return libc() === 'musl' ? `${name} with musl` : `${name} with glibc ${glibcVersion() ?? 'of an unknown version'}`;
}

/** The runtime and its version. Bun and Deno also name the Node that they are like. */
function thisRuntime(): string {
  const { bun, deno, node } = process.versions as NodeJS.ProcessVersions & { bun?: string; deno?: string };
  return bun ? `Bun ${bun}` : deno ? `Deno ${deno}` : `Node ${node}`;
}

function prebuiltSystems(roots: string[]): string {
  const folder = roots.map((root) => join(root, 'prebuilds')).find((path) => existsSync(path));
  if (folder === undefined) return 'none';
  const names = readdirSync(folder).flatMap((platform) =>
    readdirSync(join(folder, platform)).map((file) => {
      const library = file.split('.').at(-2);
      return library === 'glibc' || library === 'musl' ? `${platform} with ${library}` : platform;
    }),
  );
  return names.sort().join(', ') || 'none';
}

/** There is no addon for this system, or it fails to load. */
export class NoAddonError extends Error {
  override readonly name = 'NoAddonError'; // Also where a bundler has shortened the name of the class.
}

const BUNDLED =
  'A bundler has put wasi-mmap into this program, without its native addon. ' +
  'Mark wasi-mmap as external and install it beside the program (esbuild and Bun: --external:wasi-mmap; ' +
  "webpack: externals: { 'wasi-mmap': 'commonjs wasi-mmap' }; rollup, rolldown and tsdown: external: ['wasi-mmap']; " +
  "vite: ssr: { external: ['wasi-mmap'] }; ncc: --external wasi-mmap), " +
  'or copy the folder prebuilds of the package beside the program';

interface Permission {
  has(scope: string, path?: string): boolean;
}

/** The permission model refuses what the addon needs. Without the right to read it, Node says that there is no such file. */
function forbidden(roots: string[], cause?: unknown): NoAddonError | undefined {
  if ((cause as Error | undefined)?.name === 'NotCapable') {
    const message =
      'wasi-mmap has no permission to load its native addon: run deno with --allow-ffi and --allow-read, ' +
      'or use wasi-mmap/polyfill, which needs no addon';
    return new NoAddonError(message, { cause });
  }
  const { permission } = process as { permission?: Permission };
  const unreadable = roots.filter((root) => permission && !permission.has('fs.read', join(root, 'prebuilds')));
  const isDisabled = (cause as { code?: unknown } | undefined)?.code === 'ERR_DLOPEN_DISABLED';
  if (unreadable.length === 0 && !isDisabled) return undefined;
  const flags = [
    ...(isDisabled || !permission?.has('addon')
      ? ['--allow-addons (under --permission; and without --no-addons)']
      : []),
    ...unreadable.map((root) => `--allow-fs-read=${root}${sep}*`),
  ];
  const message =
    `wasi-mmap has no permission to load its native addon: run node with ${flags.join(' and ')}, ` +
    'or use wasi-mmap/polyfill, which needs no addon';
  return new NoAddonError(message, { cause });
}

/** The error names the system, because the remedy depends on it. */
function failure(problem: string, roots: string[], cause?: unknown): NoAddonError {
  const message =
    `wasi-mmap ${problem} (${thisSystem()}, ${thisRuntime()}). ` +
    `The package has one for: ${prebuiltSystems(roots)}. ` +
    'Elsewhere use createPolyfill() of wasi-mmap/polyfill (wasi-mmap run --no-native), which needs none, ' +
    'or build the package on this system: make package, in a clone of its repository';
  return new NoAddonError(message, { cause });
}

/**
 * The exports of the addon.
 *
 * @throws {NoAddonError} with the name of the system and the remedy
 */
export function loadAddon(): unknown {
  const roots = findRoots();
  const denied = forbidden(roots);
  if (denied) throw denied;
  const names = candidates();
  const path = roots.flatMap((root) => names.map((name) => join(root, name))).find((name) => existsSync(name));
  if (path === undefined) {
    if (isBundled && roots.length === 0) throw new NoAddonError(BUNDLED);
    throw failure('has no native addon for this system', roots);
  }
  // Not `require`: its cache would give the addon to other code, and the same addon to all copies of this package.
  const addon: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(addon, toNamespacedPath(path));
    return addon.exports;
  } catch (error) {
    throw (
      forbidden(roots, error) ??
      failure(`cannot load its native addon: ${(error as Error).message.trim()}`, roots, error)
    );
  }
}
