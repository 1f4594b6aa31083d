/** The command `run`: runs a component, and returns its exit code. */
import { basename } from 'node:path';
import { missingPackages, printable, UsageError, type RunOptions } from './options.mjs';
import { say } from './output.mjs';
import { now, report } from './stats.mjs';

/** The exit code of a trap: that of SIGABRT, as in wasmtime. */
const TRAPPED = 134;

/** Whether the component returned the `err` of its `result`, which has no payload. All other exceptions are traps. */
function isErrorResult(error: unknown): boolean {
  return error === undefined || (typeof error === 'object' && error !== null && 'payload' in error);
}

const importHost = async () => ({ ...(await import('../host/metrics.mjs')), ...(await import('../host/span.mjs')) });

export async function run(options: RunOptions, version: string): Promise<number> {
  // Imported here, so that usage errors need no other package.
  const { load } = await import('./load.mjs');
  const { createImports, Exit } = await import('./imports.mjs').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_MODULE_NOT_FOUND' && error.message.includes('@bytecodealliance/')
      ? missingPackages()
      : error;
  });
  const imports = await createImports(options);
  const start = await load(options.component, imports, version);
  const host = options.native ? await importHost() : undefined;
  const name = basename(options.component);
  const begin = now();
  let exitCode = 0;
  let trapped = false;
  try {
    await start();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Exit) exitCode = error.code;
    else if (isErrorResult(error)) exitCode = 1;
    else {
      exitCode = TRAPPED;
      trapped = true;
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      say(printable(`wasi-mmap: ${name} trapped: ${reason}\n`));
    }
  }
  if (!host) return exitCode;
  const end = now();
  const metrics = host.metrics();
  const unnoticedFaults = host.endSpans();
  if (unnoticedFaults > 0)
    say(`wasi-mmap: ${name} read zeros, or lost stores, where a mapped file was cut or could not be read\n`);
  await report(options.stats, { component: name, exitCode, trapped, begin, end, metrics, unnoticedFaults });
  return exitCode;
}
