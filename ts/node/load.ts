/** Finds the addon for this system: the one that a clone has built, else the one in the package. */
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join, toNamespacedPath } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const PREBUILDS = join(ROOT, 'prebuilds');

/** Whether Node is linked with musl. Then its first bytes name the loader of musl. */
function usesMusl(): boolean {
  const start = Buffer.alloc(4096);
  try {
    const fd = openSync(process.execPath, 'r');
    readSync(fd, start);
    closeSync(fd);
  } catch {
    return false; // A file can be executable and not readable.
  }
  return start.includes('/ld-musl-');
}

/** The addon's file in `prebuilds/`, on Linux one for each C library. */
function prebuilt(): string {
  const libc = process.platform !== 'linux' ? '' : usesMusl() ? '.musl' : '.glibc';
  return join(PREBUILDS, `${process.platform}-${process.arch}`, `wasi-mmap${libc}.node`);
}

function thisSystem(): string {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return name;
  if (usesMusl()) return `${name} with musl`;
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return `${name} with glibc ${header.glibcVersionRuntime ?? 'of an unknown version'}`;
}

function prebuiltSystems(): string {
  if (!existsSync(PREBUILDS)) return 'none';
  const names = readdirSync(PREBUILDS).flatMap((platform) =>
    readdirSync(join(PREBUILDS, platform)).map((file) => {
      const libc = file.split('.').at(-2);
      return libc === 'glibc' || libc === 'musl' ? `${platform} with ${libc}` : platform;
    }),
  );
  return names.sort().join(', ') || 'none';
}

/** There is no addon for this system, or it fails to load. */
export class NoAddonError extends Error {}

/** The error names the system, because the remedy depends on it. */
function failure(problem: string, cause?: unknown): NoAddonError {
  const message =
    `wasi-mmap ${problem} (${thisSystem()}, Node ${process.versions.node}). ` +
    `The package has one for: ${prebuiltSystems()}. ` +
    'Elsewhere use wasi-mmap/polyfill (wasi-mmap run --no-native), which needs none, ' +
    'or build the package on this system: make package, in a clone of its repository';
  return new NoAddonError(message, { cause });
}

/**
 * The exports of the addon.
 *
 * @throws {NoAddonError} with the name of the system and the remedy
 */
export function loadAddon(): unknown {
  const built = join(ROOT, 'build', 'addon', `${process.platform}-${process.arch}`, 'wasi_mmap.node');
  const path = [built, prebuilt()].find((candidate) => existsSync(candidate));
  if (!path) throw failure('has no native addon for this system');
  // Not `require`: its cache would give the addon to other code, and the same addon to all copies of this package.
  const addon: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(addon, toNamespacedPath(path));
    return addon.exports;
  } catch (error) {
    throw failure(`cannot load its native addon: ${(error as Error).message.trim()}`, error);
  }
}
