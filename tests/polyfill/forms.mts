/** The two forms of the polyfill, fused and composed, in the plain wasmtime. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import * as assert from 'uvu/assert';

export const FORMS = ['fused', 'composed'] as const;
export type Form = (typeof FORMS)[number];

export const WASMTIME = 'build/wasmtime/wasmtime';

export const folder = mkdtempSync(resolve('build', 'forms-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function done(program: string, args: readonly string[]): string {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.is(status, 0, stderr);
  return stderr;
}

/** The path of a guest with the polyfill. It has the form that is asked for. */
export function plugged(guest: string, form: Form): string {
  const output = join(folder, `${basename(guest, '.wasm')}.${form}.wasm`);
  const compose = form === 'composed' ? ['--compose'] : [];
  const words = ['dist/cli/main.mjs', 'plug', guest, '-o', output, '--explain', ...compose];
  assert.match(
    done(process.execPath, words),
    form === 'fused' ? /: fused: / : /: composed, because that was asked for\n/,
  );
  return output;
}

/** The same, compiled for the plain wasmtime. */
export function compiled(guest: string, form: Form): string {
  const component = plugged(guest, form);
  const output = component.replace(/wasm$/, 'cwasm');
  done(WASMTIME, ['compile', component, '-o', output]);
  return output;
}

export interface Ended {
  /** An exit code, or a trap. */
  readonly end: number | 'trap';
  readonly out: string;
  readonly error: string;
}

/** Runs a compiled component. The traps of wasmtime have different messages: of an instruction, or of a check of the host. */
export function run(compiledPath: string, options: readonly string[], words: readonly string[]): Ended {
  const args = ['run', '--allow-precompiled', ...options, compiledPath, ...words];
  const { status, signal, stdout, stderr } = spawnSync(WASMTIME, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  const trapped = /^Error: failed to run main module[^]*error while executing at wasm backtrace/.test(stderr);
  assert.ok(status !== null, `ended by ${String(signal)}: ${stderr}`);
  return { end: trapped ? 'trap' : status, out: stdout, error: stderr };
}
