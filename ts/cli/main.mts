#!/usr/bin/env node
/** The command `wasi-mmap`. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { missingPackages, parsePlug, parseRun, printable, UsageError } from './options.mjs';
import { say, writeOutput } from './output.mjs';

const HELP = `Usage: wasi-mmap run [options] component.wasm [arguments...]
       wasi-mmap serve [options] component.wasm [arguments...]
       wasi-mmap plug [options] component.wasm -o OUTPUT

"run" runs a WebAssembly component that is a command of WASI 0.2 or 0.3 (it exports
wasi:cli/run), with real memory mapping behind its imports of wasi-mmap:mmap. It sees no file,
no variable and no network unless you grant it.

  --dir HOST[::GUEST]     grant a directory, under the name GUEST (default: HOST)
  --dir-ro HOST[::GUEST]  the same, for reading only
  --env NAME[=VALUE]      set a variable (without a value: pass on yours)
  --no-native             use the polyfill instead of the native mapping
  --max-private-memory SIZE
                          how much memory its maps may take that no file holds, such as
                          512M (default: half of the memory that there is, at most 4G)

"serve" answers HTTP requests with a component that exports wasi:http/incoming-handler. It has
the options of "run", with at most 256M of private memory by default, and these:

  --addr HOST:PORT        where to listen (default: 127.0.0.1:8080)
  --reuse N               have an instance handle N requests, one after the other (default: 1)
  --max-memory SIZE       how much memory an instance may have (default: 1G)
  --max-requests N        how many requests to handle at a time (default: 64)
  --timeout SECONDS       how long a request may take (default: 30)
  --allow-outgoing        let the component send requests

It is part of the command for wasmtime alone: in Node one component could end the server.

"plug" gives the polyfill to a component that imports wasi-mmap:mmap@0.2.0. What comes out
needs nothing but WASI: "wasmtime run --dir HOST::GUEST OUTPUT" runs it.

  -o, --output OUTPUT     the file to write (-: standard output)
  --compose               put the polyfill in front of the component, not into it
  --explain               say which of the two was done, and why

"run" ends with the component's exit code, or with 134 if it traps; all end with 2 if they
cannot do what they should. There are also --help and --version.
`;

/** Exit codes of the command itself. A trap is the exit code of SIGABRT, as in wasmtime. */
const CANNOT = 2;
const TRAPPED = 134;

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
    await writeOutput('-', Buffer.from(HELP));
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
