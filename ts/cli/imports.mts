/** The imports of a component: WASI 0.2 by preview2-shim, limited to what was granted, and the mapping. */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { http } from '@bytecodealliance/preview2-shim';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { createFilesystem, toFilesystemP3, type Filesystem } from '../filesystem/index.mjs';
import { NoAddonError } from '../node/load.js';
import { monotonicClock } from '../preview2-shim/monotonic-clock.mjs';
import { terminals } from '../preview2-shim/terminals.mjs';
import { wallClock } from '../preview2-shim/wall-clock.mjs';
import { standardStreams } from '../streams/stdio.mjs';
import { importsP3 } from './imports-p3.mjs';
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
  const filesystem = openDirectories(grants);
  const wasi = new WASIShim({
    filesystem,
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
  const p3 = importsP3(imports, toFilesystemP3(filesystem), exit);
  if (!native) return withPolyfill({ ...imports, ...p3 });
  const host = await importHost();
  host.setLimits({ privateMemory: maxPrivateMemory });
  const { mapping, span } = host;
  return bare({ ...imports, ...p3, ...host.getImportObject(), 'p3:mmap/mapping': mapping, 'p3:mmap/span': span });
}

/** With the mapping of WASI 0.2. The one of 0.3 is refused when a component asks for its functions. */
async function withPolyfill(wasi: Imports): Promise<Imports> {
  const { createPolyfill } = await import('../polyfill/node.mjs');
  const imports = bare({ ...wasi, ...(await createPolyfill(wasi)).getImportObject() });
  // All components of WASI 0.3 name the classes, as sealed components name everything.
  const [mapping, span] = [{ Mapping: (): void => undefined }, { Span: (): void => undefined }];
  for (const name of ['mmap', 'mmapPosix']) Object.defineProperty(mapping, name, { get: refuseP3 });
  for (const name of ['attach', 'granularity']) Object.defineProperty(span, name, { get: refuseP3 });
  return Object.assign(imports, { 'p3:mmap/mapping': mapping, 'p3:mmap/span': span });
}

function refuseP3(): never {
  throw new UsageError(
    'wasi-mmap:mmap@0.3.0 has no polyfill, so the component cannot run with --no-native: files of WASI 0.3 are read by ' +
      'functions that wait, and those of a mapping do not wait',
    false,
  );
}
