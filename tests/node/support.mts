/** Shared by the tests of the Node API: temporary files, and checks of errors. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'uvu';
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

/**
 * The open files and folders of this process: a runtime may keep pipes and the like of its own until it next turns to them, as Bun does
 * after a child process. Unknown on Windows, where the tests of the core count handles.
 */
export function openDescriptors(): number {
  const isFile = (name: string): boolean => {
    try {
      const stat = statSync(`/dev/fd/${name}`); // The numbers that Deno has for files are not the system's.
      return stat.isFile() || stat.isDirectory();
    } catch {
      return false; // It was the one that read the folder.
    }
  };
  return POSIX ? readdirSync('/dev/fd').filter(isFile).length : 0;
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

const runtime = (['bun', 'deno'] as const).find((name) => name in process.versions);

/** The arguments with which this runtime runs a module and gives it `gc()`; those of the module follow. */
export function evaluate(code: string): string[] {
  if (runtime !== 'deno') return ['--expose-gc', '--input-type=module', '-e', code];
  // The module has a name there, which is the first argument.
  return ['eval', '--no-lock', '--v8-flags=--expose-gc', `process.argv.splice(1, 1);\n${code}`];
}

/** Runs JavaScript in a process of its own, in the package's folder, and returns what it printed. */
export function runNode(code: string, ...args: string[]): string {
  return execFileSync(process.execPath, [...evaluate(code), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Tests that fail in another runtime of JavaScript, sometimes fail, or hang, and why. */
const DIFFERENCES: Record<'bun' | 'deno', Readonly<Record<string, string>>> = {
  bun: {
    'a view keeps its pages when its mapping is dropped':
      'sometimes: JavaScriptCore keeps what a stack seems to refer to',
    'pages of a closed mapping go when its views are collected':
      'sometimes: JavaScriptCore keeps what a stack seems to refer to',
    'a worker gives views away and runs out of memory': 'hangs: Bun does not limit the memory of a worker',
    'refusals: what would take a mapping for text, a number or an object without bytes':
      'fetch of a data: URL does not look at the body',
    'a URL and options of another realm': 'a URL of any scheme is a path in Bun',
  },
  deno: {
    'a mapping that is only dropped goes with the collector': 'sometimes: Deno runs finalizers when it likes',
    'memory that stays in a worker ends with it': 'sometimes: Deno frees the memory of a worker when it likes',
    'refusals: what would take a mapping for text, a number or an object without bytes':
      'Response takes anything that can be iterated',
    'a SIGBUS that is not ours still ends the process': 'Deno survives a SIGBUS that a process sends',
    'a view cannot leave its thread': 'Deno gives the memory to the other thread, and back when it is garbage there',
  },
};

/**
 * `test` of uvu, for files with tests that fail in another runtime, as {@link DIFFERENCES} has it: one that passes is an
 * error, and one that fails only sometimes, or hangs, is skipped.
 */
export function inRuntimes(test: Test): Test {
  const differences = runtime ? DIFFERENCES[runtime] : {};
  return new Proxy(test, {
    apply(target, _self, [name, call]: Parameters<Test>) {
      const reason = differences[name];
      if (reason === undefined) return target(name, call);
      if (/^(hangs|sometimes)/.test(reason)) return console.log(`skips ${name}: ${reason}`);
      return target(name, async (context) => {
        const passed = await Promise.resolve(context)
          .then(call)
          .then(
            () => true,
            () => false,
          );
        assert.not(passed, `passes, though it is expected to fail: ${reason}`);
      });
    },
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
