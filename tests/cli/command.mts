/** The two commands `wasi-mmap`, for Node and for wasmtime, and code that their tests share. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import * as assert from 'uvu/assert';
import { WASMTIME } from '../tools/wasmtime.mjs';

export const folder = mkdtempSync(join(tmpdir(), 'wasi-mmap-cli-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

export type Command = [string, ...string[]];

export const isWindows = process.platform === 'win32';

// Not every machine can build the command for Windows; without it, tests/tools/run.mts says so.
const hasWasmtime = !isWindows || existsSync(WASMTIME);

const ALL: Record<string, Command> = {
  node: [process.execPath, 'dist/cli/main.mjs'],
  ...(hasWasmtime ? { wasmtime: [WASMTIME] satisfies Command } : undefined),
};

/** A test that is given words runs for the commands of these names alone. */
const words = process.argv.slice(2);
export const COMMANDS: Record<string, Command> = Object.fromEntries(
  Object.entries(ALL).filter(([name]) => words.length === 0 || words.includes(name)),
);

export interface Options {
  input?: string | Buffer;
  environment?: Record<string, string>;
  cwd?: string;
  timeout?: number;
}

/** NODE_PATH leads to native parts that npm did not install, see .build/setup.sh. */
const INHERITED = Object.fromEntries(
  ['PATH', 'NODE_PATH'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
);

export function start(
  [program, ...before]: Command,
  args: string[],
  { input = '', environment = {}, cwd, timeout }: Options = {},
): { code: number | string | null; out: string; error: string } {
  const { status, signal, stdout, stderr } = spawnSync(program, [...before, ...args], {
    input,
    cwd,
    timeout,
    env: { ...INHERITED, XDG_CACHE_HOME: join(folder, 'cache'), ...environment },
    maxBuffer: 1 << 28,
  });
  return { code: status ?? signal, out: stdout.toString('latin1'), error: stderr.toString() };
}

/** A check that a call is refused: exit code 2, no output, and a message. */
export function refusal(command: Command) {
  return (args: string[], message: RegExp, options?: Options): void => {
    const { code, out, error } = start(command, args, options);
    assert.is(code, 2, error);
    assert.is(out, '');
    assert.match(error, message);
    assert.not.match(error, /\n {4}at /); // No stack.
  };
}

export async function component(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await parse(text));
  return path;
}

/** A component that takes what no host provides. */
export const FOREIGN = `(component
  (import "foo:bar/baz@1.0.0" (instance $other (export "f" (func))))
  (core func $f (canon lower (func $other "f")))
  (core module $main (import "other" "f" (func)))
  (core instance (instantiate $main (with "other" (instance (export "f" (func $f)))))))`;
