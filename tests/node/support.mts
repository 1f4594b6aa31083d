/** Shared by the tests of the Node API: temporary files, and checks of errors. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { MmapError, type ErrorCode } from 'wasi-mmap';

/** Whether `flags` and `prot` exist, and mapped files can be truncated: neither is so on Windows. */
export const POSIX = process.platform !== 'win32';

/** Whether this is Wine. */
export const WINE = !POSIX && 'WINELOADER' in process.env;

const TMPFS = 0x01021994; // f_type of statfs(2)

function temporaryFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, 'wasi-mmap-'));
  process.on('exit', () => {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (POSIX) throw error; // Windows does not remove files that are still mapped.
    }
  });
  return folder;
}

const folder = temporaryFolder(tmpdir());
let files = 0;

/** A new path in the temporary folder. */
export function newPath(): string {
  files += 1;
  return join(folder, `file-${files}`);
}

/** A new file with these bytes. */
export function newFile(bytes: string | Uint8Array): string {
  const path = newPath();
  writeFileSync(path, bytes);
  return path;
}

/** Bytes 0, 1, … 250, 0, 1, … : every page differs from its neighbours. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251);
}

/** A folder on a disk: a file system in memory can read as zeros past the end of a file, without a fault. */
export function diskFolder(): string {
  mkdirSync('build', { recursive: true });
  for (const parent of ['build', tmpdir()]) {
    if (statfsSync(parent).type !== TMPFS) return temporaryFolder(parent);
  }
  return cannot('test truncation: neither build/ nor the temporary folder is on a disk file system');
}

/** Prints that a test cannot run. In CI, where the machine is prepared for it, the test fails. */
export function cannot(reason: string): never {
  throw new Error(`cannot ${reason}`);
}

/** The call must throw an MmapError with this code. */
export function throwsCode(call: () => unknown, code: ErrorCode, message = code as string): void {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    assert.instance(error, MmapError, `${message}: ${String(error)}`);
    assert.is((error as MmapError).code, code, message);
    return;
  }
  assert.unreachable(`${message}: returned a value, a ${typeof result}`);
}

/** The call must throw a TypeError. */
export function throwsTypeError(call: () => unknown, message?: string): void {
  assert.throws(call, (error: unknown) => error instanceof TypeError, message);
}

/** The open file descriptors of this process. Unknown on Windows, where the tests of the core count handles. */
export function openDescriptors(): number {
  return POSIX ? readdirSync('/proc/self/fd').length : 0;
}

/** Collects garbage until the condition holds, or gives up after a while. */
export async function collectUntil(condition: () => boolean): Promise<boolean> {
  for (let round = 0; round < 100; round += 1) {
    if (condition()) return true;
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return condition();
}

/** Runs JavaScript in a Node process of its own, in the package's folder, and returns what it printed. */
export function runNode(code: string, ...args: string[]): string {
  return execFileSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', code, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Opens a file during a call. */
export function withDescriptor<T>(path: string, flags: string | number, call: (fd: number) => T): T {
  const fd = openSync(path, flags);
  try {
    return call(fd);
  } finally {
    closeSync(fd);
  }
}
