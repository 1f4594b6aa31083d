/** Where the suite runs: every implementation of the contract, with its runner. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Guest } from './guest.mjs';
import { openHere, run, type OpenSession, type Session } from './runner.mjs';
import type { Abilities } from '../fuzz/episode.mjs';
import { loadExpectations, missingNeed, type Vector } from './vectors.mjs';

export interface Target {
  /** Names the file of expectations. */
  name: string;
  language: 'typescript' | 'javascript' | 'rust' | 'c' | 'python';
  host: 'node' | 'node-polyfill' | 'wasmtime' | 'wasmtime-polyfill' | 'browser';
  os: string;
  open: OpenSession;
  /** Opens a file that is there, below build/; only guests need it. */
  openExisting?: (path: string) => Promise<Session>;
  /** What random operations may ask. */
  abilities: Abilities;
  /** Ends processes, if it has some. */
  close(): void;
}

/** A guest language on a host that a command starts. */
function guest(language: Exclude<Target['language'], 'typescript'>, host: Target['host'], command: string[]): Target {
  const component = `build/guests/${language}/contract.wasm`;
  const runner = new Guest([...command, '--dir', 'build::/', '--dir', '/dev::/dev', component]);
  return {
    name: `${language}-${host}`,
    language,
    host,
    os: process.platform,
    open: (path, file) => runner.open(path, file),
    openExisting: (path) => runner.openExisting(path),
    // Negative positions are Python's and JavaScript's; the others' cursors are not asked for random things.
    abilities: { cursor: language === 'javascript' },
    close: () => runner.close(),
  };
}

const NODE = [process.execPath, 'dist/cli/main.mjs', 'run'];
const WASMTIME = ['build/wasmtime/wasi-mmap', 'run'];

export const targets: Target[] = [
  {
    name: 'typescript-node',
    language: 'typescript',
    host: 'node',
    os: process.platform,
    open: openHere,
    abilities: { cursor: true },
    close: () => undefined,
  },
  guest('rust', 'node', NODE),
  guest('c', 'node', NODE),
  guest('javascript', 'node', NODE),
  guest('rust', 'wasmtime', WASMTIME),
  guest('c', 'wasmtime', WASMTIME),
  guest('javascript', 'wasmtime', WASMTIME),
];

export interface Outcome {
  state: 'passed' | 'failed' | 'expected failure' | 'skipped';
  detail: string;
}

/** Runs vectors one by one, each on a new file below build/ (on a disk, where a cut file faults). */
export async function* runAll(target: Target, vectors: Iterable<Vector>): AsyncGenerator<[Vector, Outcome]> {
  const expectations = loadExpectations(target.name);
  const folder = mkdtempSync(resolve('build', 'contract-'));
  let count = 0;
  try {
    for (const vector of vectors) {
      const lacking = missingNeed(vector, expectations);
      if (lacking) {
        yield [vector, { state: 'skipped', detail: `needs ${lacking}: ${expectations.lacks[lacking]}` }];
        continue;
      }
      const path = join(folder, `${(count += 1)}`);
      const difference = await run(target.open, vector, path).catch((error: Error) => error.message);
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
