#!/usr/bin/env node
/** The command `wasi-mmap`. */
import { readFileSync } from 'node:fs';
import { parseInspect, parsePlug, parseRun, UsageError } from './options.mjs';
import { say, writeOutput } from './output.mjs';
import { shellText } from './shell.mjs';

/** The exit code of a command that cannot be done. */
const CANNOT = 2;

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
  if (verb === 'inspect') {
    const options = parseInspect(rest);
    const { inspectFile } = await import('./inspect.mjs');
    await inspectFile(options);
    return 0;
  }
  if (verb === 'serve') throw new UsageError(NO_SERVE, false);
  if (verb !== 'run') throw new UsageError(verb === undefined ? 'no command' : `unknown command: ${verb}`);
  const { run } = await import('./run.mjs');
  return run(parseRun(rest, process.env), version());
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
