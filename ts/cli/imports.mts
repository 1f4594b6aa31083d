/** What a component is given: WASI 0.2 by preview2-shim, as little of it as was granted, and the mapping. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { cli, clocks, http } from '@bytecodealliance/preview2-shim';
import * as shimFilesystem from '@bytecodealliance/preview2-shim/filesystem';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import type { Descriptor } from '../bindings/interfaces/wasi-filesystem-types.js';
import { NoAddonError } from '../node/load.js';
import { ignoreAdviceWithoutHelp } from '../host/advice.mjs';
import { acceptLibcWrites } from '../host/libc-writes.mjs';
import { restrict } from './read-only.mjs';
import { UsageError, type Grant, type RunOptions } from './options.mjs';

/** By the name of the interface, without a version. */
export type Imports = Record<string, object>;

/** The component called `exit`. */
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

/**
 * Without the shim's own lowering (`cabiLower`, in 0.26 at least): it takes the address of the result for an index, and
 * so stores the time somewhere else in the guest's memory.
 */
const wallClock = {
  now: () => clocks.wallClock.now(),
  resolution: () => clocks.wallClock.resolution(),
};

/** A stream is a terminal only if it is one: preview2-shim says so of every stream. */
function terminals(): Imports {
  const { terminalStdin, terminalStdout, terminalStderr } = cli as unknown as Record<
    string,
    Record<string, () => object>
  >;
  const onlyIf = (isTerminal: boolean | undefined, get: (() => object) | undefined) => () =>
    isTerminal ? get?.() : undefined;
  return {
    'wasi:cli/terminal-stdin': { getTerminalStdin: onlyIf(process.stdin.isTTY, terminalStdin?.['getTerminalStdin']) },
    'wasi:cli/terminal-stdout': {
      getTerminalStdout: onlyIf(process.stdout.isTTY, terminalStdout?.['getTerminalStdout']),
    },
    'wasi:cli/terminal-stderr': {
      getTerminalStderr: onlyIf(process.stderr.isTTY, terminalStderr?.['getTerminalStderr']),
    },
  };
}

/** The shim's types are those of its implementation for browsers. */
const shim = shimFilesystem as unknown as {
  createFilesystem(options: { preopens: Record<string, string> }): WASIFilesystem & {
    preopens: { getDirectories(): Array<[Descriptor, string]> };
  };
};

type WASIFilesystem = NonNullable<NonNullable<ConstructorParameters<typeof WASIShim>[0]>['filesystem']>;

/** The whole path. preview2-shim does not know Windows' prefix for long paths, which Node puts before each of its own accord. */
function absolute(path: string): string {
  const whole = resolve(path);
  return process.platform === 'win32'
    ? whole.replace(/^\\\\\?\\UNC\\/i, '\\\\').replace(/^\\\\\?\\(?=[a-z]:)/i, '')
    : whole;
}

function openDirectories(grants: readonly Grant[]): WASIFilesystem {
  const preopens: Record<string, string> = {};
  for (const { host, guest } of grants) {
    if (!statSync(host, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UsageError(`not a directory: ${host}`, false);
    }
    if (guest in preopens) throw new UsageError(`two directories are to be ${guest}`);
    preopens[guest] = absolute(host);
  }
  const filesystem = shim.createFilesystem({ preopens });
  const readOnly = new Set(grants.filter((grant) => grant.readOnly).map(({ guest }) => guest));
  if (readOnly.size > 0) {
    const entries = filesystem.preopens.getDirectories();
    restrict(
      entries.map(([directory]) => directory),
      entries.filter(([, name]) => readOnly.has(name)).map(([directory]) => directory),
    );
  }
  return filesystem;
}

/** Without an addon for this system there is no native host: its error says what to do. */
async function importHost(): Promise<typeof import('../host/index.mjs')> {
  try {
    return await import('../host/index.mjs');
  } catch (error) {
    throw error instanceof NoAddonError ? new UsageError(error.message, false) : error;
  }
}

/** Interfaces that have what is in them and nothing else: nobody finds `toString` there, or what is called `constructor`. */
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
  acceptLibcWrites(); // Before directories get methods of their own, which call those that are there.
  ignoreAdviceWithoutHelp();
  const args = [basename(component), ...rest];
  const wasi = new WASIShim({
    filesystem: openDirectories(grants),
    sandbox: { env: environment, args, enableNetwork: false },
  });
  const imports: Imports = { ...wasi.getImportObject(), ...terminals() };
  imports['wasi:cli/environment'] = { ...imports['wasi:cli/environment'], initialCwd: () => undefined };
  imports['wasi:cli/exit'] = exit;
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
