/** The imports of a component: WASI 0.2 by preview2-shim, limited to what was granted, and the mapping. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { http } from '@bytecodealliance/preview2-shim';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { createFilesystem, type Filesystem } from '../filesystem/index.mjs';
import { NoAddonError } from '../node/load.js';
import { monotonicClock } from '../preview2-shim/monotonic-clock.mjs';
import { terminals } from '../preview2-shim/terminals.mjs';
import { wallClock } from '../preview2-shim/wall-clock.mjs';
import { standardStreams } from '../streams/stdio.mjs';
import { UsageError, type Grant, type RunOptions } from './options.mjs';

/** Interfaces by their name without version. */
export type Imports = Record<string, object>;

/** Thrown when the component calls `exit`. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const exit = {
  exit({ tag }: { tag: 'ok' | 'err' }): never {
    throw new Exit(tag === 'ok' ? 0 : 1);
  },
  exitWithCode(code: number): never {
    throw new Exit(code);
  },
};

function openDirectories(grants: readonly Grant[]): Filesystem {
  const guests = new Set<string>();
  for (const { host, guest } of grants) {
    if (!statSync(host, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UsageError(`not a directory: ${host}`, false);
    }
    if (guests.has(guest)) throw new UsageError(`two directories are to be ${guest}`);
    guests.add(guest);
  }
  try {
    return createFilesystem(grants);
  } catch (error) {
    const { code, path = 'a directory' } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new UsageError(`cannot open ${path}: ${code}`, false);
  }
}

/** Loads the native host. Without an addon for this system, the error says what to do. */
async function importHost(): Promise<typeof import('../host/index.mjs')> {
  try {
    return await import('../host/index.mjs');
  } catch (error) {
    throw error instanceof NoAddonError ? new UsageError(error.message, false) : error;
  }
}

/** Interfaces without a prototype: a component cannot import `toString` or `constructor` from them. */
function bare(imports: Imports): Imports {
  const entries = Object.entries(imports).map(
    ([name, values]) => [name, Object.assign(Object.create(null), values) as object] as const,
  );
  return Object.assign(Object.create(null), Object.fromEntries(entries)) as Imports;
}

export async function createImports({
  component,
  arguments: rest,
  grants,
  environment,
  native,
  maxPrivateMemory,
}: RunOptions): Promise<Imports> {
  const args = [basename(component), ...rest];
  const wasi = new WASIShim({
    filesystem: openDirectories(grants),
    sandbox: { env: environment, args, enableNetwork: false },
  });
  const imports: Imports = { ...wasi.getImportObject(), ...standardStreams(), ...terminals() };
  imports['wasi:cli/environment'] = { ...imports['wasi:cli/environment'], initialCwd: () => undefined };
  imports['wasi:cli/exit'] = exit;
  imports['wasi:clocks/monotonic-clock'] = monotonicClock;
  imports['wasi:clocks/wall-clock'] = wallClock;
  imports['wasi:http/outgoing-handler'] = {
    ...http.outgoingHandler,
    handle(): never {
      // oxlint-disable-next-line typescript/only-throw-error -- jco's convention for the `err` of a result
      throw { tag: 'HTTP-request-denied' };
    },
  };
  if (native) {
    const host = await importHost();
    host.setLimits({ privateMemory: maxPrivateMemory });
    return bare({ ...imports, ...host.getImportObject() });
  }
  const { createPolyfill } = await import('../polyfill/node.mjs');
  return bare({ ...imports, ...(await createPolyfill(imports)).getImportObject() });
}
