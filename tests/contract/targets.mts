/** Where the suite runs: every implementation of the contract, with its runner. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Generation } from '#generation';
import { foreignColumns } from './foreign.mjs';
import { aboutThis, generationOf, POLYFILL, type About } from '../tools/about.mjs';
import { aboutGuest, guestOn, missingFor, type GuestHost, type GuestLanguage } from './hosts.mjs';
import { polyfillOpener } from './polyfill.mjs';
import { openHere, run, type OpenSession, type Session } from './runner.mjs';
import { browserColumns } from '../browser/columns.mjs';
import type { Abilities } from '../fuzz/episode.mjs';
import { loadExpectations, missingNeed, type Vector } from './vectors.mjs';

/** A column of the matrix: an implementation that runs vectors. */
export interface Column {
  /** Language and host. */
  name: string;
  language: 'typescript' | 'javascript' | 'rust' | 'c' | 'python';
  host: GuestHost | 'browser';
  /** The system as Node names it. */
  os: string;
  arch: string;
  /** Runs a vector, on a new file of this path if it needs one here; returns the first difference. */
  run(vector: Vector, path: string): Promise<string | undefined>;
  /** What this machine lacks for it, if anything. */
  missing?: string | undefined;
  /** Ends its processes. */
  close(): void;
}

/** A column of the report, which says what runs it. */
export interface ReportedColumn extends Column {
  /** Asks what runs it. The generation of WASI is that of the component; the API without a guest has none. */
  about(): Promise<About & { wasi: string }>;
}

/** A column that answers single steps, also those of no vector. */
export interface Target extends ReportedColumn {
  open: OpenSession;
  /** Opens an existing file below build/; only guests need it. */
  openExisting?: (path: string) => Promise<Session>;
  /** Limits of random operations. */
  abilities: Abilities;
}

/** The TypeScript API in this process. */
function here(host: 'node' | 'node-polyfill', open: OpenSession): Target {
  return {
    name: `typescript-${host}`,
    language: 'typescript',
    host,
    os: process.platform,
    arch: process.arch,
    run: (vector, path) => run(open, vector, path),
    open,
    abilities: { cursor: true, pages: host === 'node' },
    about: async () => ({ ...aboutThis(), wasi: host === 'node' ? 'none' : generationOf(POLYFILL) }),
    close: () => undefined,
  };
}

/** A guest language on a host that a command starts. */
export function guest(
  language: GuestLanguage,
  host: GuestHost,
  wasi: Generation = '0.2',
  runner = guestOn(language, host, wasi),
): Target {
  const open: OpenSession = (path, file) => runner.open(path, file);
  return {
    name: `${language}-${host}${wasi === '0.2' ? '' : `-${wasi}`}`,
    language,
    host,
    os: process.platform,
    arch: process.arch,
    run: (vector, path) => run(open, vector, path),
    open,
    openExisting: (path) => runner.openExisting(path),
    // Only Python and JavaScript have negative positions; cursors of the others get no random operations.
    abilities: { cursor: language === 'javascript' || language === 'python', pages: !host.endsWith('-polyfill') },
    about: () => aboutGuest(language, host, wasi),
    missing: missingFor(host, wasi),
    close: () => runner.close(),
  };
}

/** Guests in the other runtimes of JavaScript. The polyfill there is what it is in Node: two languages show that. */
const inRuntimes: Target[] =
  process.platform !== 'linux'
    ? []
    : (['bun', 'deno'] as const).flatMap((host) => [
        ...(['rust', 'c', 'javascript', 'python'] as const).map((language) => guest(language, host)),
        ...(['rust', 'c'] as const).map((language) => guest(language, `${host}-polyfill`)),
      ]);

export const targets: Target[] = [
  here('node', openHere),
  here('node-polyfill', await polyfillOpener()),
  ...(['node', 'node-polyfill', 'wasmtime', 'wasmtime-polyfill'] as const).flatMap((host) =>
    (['rust', 'c', 'javascript', 'python'] as const).map((language) => guest(language, host)),
  ),
  ...(['node', 'wasmtime'] as const).flatMap((host) =>
    (['rust', 'c'] as const).map((language) => guest(language, host, '0.3')),
  ),
  ...inRuntimes,
];

/** All columns, also those that run whole vectors. */
export const columns: ReportedColumn[] = [...targets, ...foreignColumns, ...browserColumns];

export interface Outcome {
  state: 'passed' | 'failed' | 'expected failure' | 'skipped';
  detail: string;
}

/** Runs vectors one by one, each on a new file below build/ (on a disk, where a cut file faults). */
export async function* runAll(target: Column, vectors: Iterable<Vector>): AsyncGenerator<[Vector, Outcome]> {
  const expectations = loadExpectations(target.language, target.host, target.os, target.arch);
  const folder = mkdtempSync(resolve('build', 'contract-'));
  let count = 0;
  try {
    for (const vector of vectors) {
      const lacking = missingNeed(vector, expectations);
      if (lacking) {
        yield [vector, { state: 'skipped', detail: `needs ${lacking}: ${expectations.lacks[lacking]}` }];
        continue;
      }
      if (target.missing !== undefined) {
        yield [
          vector,
          { state: process.env['CI'] ? 'failed' : 'skipped', detail: `this machine has ${target.missing}` },
        ];
        continue;
      }
      const path = join(folder, `${(count += 1)}`);
      const difference = await target.run(vector, path).catch((error: Error) => error.message);
      const known = expectations.failures[vector.name];
      if (difference !== undefined)
        yield [vector, { state: known ? 'expected failure' : 'failed', detail: known ?? difference }];
      else
        yield [
          vector,
          known
            ? { state: 'failed', detail: 'passes, though it is expected to fail' }
            : { state: 'passed', detail: '' },
        ];
    }
  } finally {
    target.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
