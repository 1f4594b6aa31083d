#!/usr/bin/env node
/** The command `wasi-mmap`. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { missingPackages, parsePlug, parseRun, printable, UsageError } from './options.mjs';
import { say, writeOutput } from './output.mjs';
import { shellText } from './shell.mjs';

/** Exit codes of the command itself. A trap is the exit code of SIGABRT, as in wasmtime. */
const CANNOT = 2;
const TRAPPED = 134;

/** The text that both commands print, which the build copies. */
const help = (): Buffer => readFileSync(new URL('../shell/help.txt', import.meta.url));

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/**
 * Why there is no `serve` in Node. jco's HTTP server calls the component on the main thread: one that hangs cannot be ended,
 * all requests wait for the one that runs, and a trap or an error as the response ends the process.
 */
const NO_SERVE =
  'a component can hang or end the HTTP server that there is for Node: use "serve" of the command for wasmtime (host/wasmtime)';

/** Whether the component returned the `err` of its `result`, which has no payload. All other exceptions are traps. */
function isErrorResult(error: unknown): boolean {
  return error === undefined || (typeof error === 'object' && error !== null && 'payload' in error);
}

async function main([verb, ...rest]: string[]): Promise<number> {
  if (verb === '--help' || verb === '-h' || verb === 'help' || rest[0] === '--help' || rest[0] === '-h') {
    await writeOutput('-', help());
    return 0;
  }
  if (verb === '--version' || verb === '-V') {
    await writeOutput('-', Buffer.from(`wasi-mmap ${version()}\n`));
    return 0;
  }
  if (verb === 'plug') {
    const options = parsePlug(rest);
    const { plugFile } = await import('./plug.mjs');
    await plugFile(options);
    return 0;
  }
  if (verb === 'completion' || verb === 'man') {
    await writeOutput('-', shellText(verb, rest));
    return 0;
  }
  if (verb === 'serve') throw new UsageError(NO_SERVE, false);
  if (verb !== 'run') throw new UsageError(verb === undefined ? 'no command' : `unknown command: ${verb}`);
  const options = parseRun(rest, process.env);
  // Imported here, so that help and usage errors need no other package.
  const { load } = await import('./load.mjs');
  const { createImports, Exit } = await import('./imports.mjs').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes('@bytecodealliance/')
      ? missingPackages()
      : error;
  });
  const imports = await createImports(options);
  const start = await load(options.component, imports, version());
  const host = options.native ? await import('../host/span.mjs') : undefined;
  const name = basename(options.component);
  try {
    await start();
    return 0;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Exit) return error.code;
    if (isErrorResult(error)) return 1;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say(printable(`wasi-mmap: ${name} trapped: ${reason}\n`));
    return TRAPPED;
  } finally {
    if (host?.endSpans())
      say(`wasi-mmap: ${name} read zeros, or lost stores, where a mapped file was cut or could not be read\n`);
  }
}

/** Ends the process, once consoles of Windows have all text: a component of WASI 0.3 can leave timers, and reads of its input. */
async function leave(): Promise<never> {
  for (const stream of process.platform === 'win32' ? [process.stdout, process.stderr] : []) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    if (stream.isTTY) await new Promise((resolve) => stream.write('', resolve));
  }
  return process.exit();
}

try {
  process.exitCode = await main(process.argv.slice(2));
  if (process.argv[2] === 'run') await leave();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  say(`wasi-mmap: ${error.message}\n`);
  if (error.showHelp) say(`Try "wasi-mmap --help".\n`);
  process.exitCode = CANNOT;
}
