/** Where the suite runs: every implementation of the contract, with its runner. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from './runner.mjs';
import { loadExpectations, missingNeed, type Vector } from './vectors.mjs';

export interface Target {
  /** Names the file of expectations. */
  name: string;
  language: 'typescript' | 'javascript' | 'rust' | 'c' | 'python';
  host: 'node' | 'node-polyfill' | 'wasmtime' | 'wasmtime-polyfill' | 'browser';
  os: string;
  /** Runs a vector on a file of this path; tells the first difference. */
  run(vector: Vector, path: string): string | undefined;
}

export const targets: Target[] = [
  { name: 'typescript-node', language: 'typescript', host: 'node', os: process.platform, run },
];

export interface Outcome {
  state: 'passed' | 'failed' | 'expected failure' | 'skipped';
  detail: string;
}

/** Runs vectors one by one, each on a new file below build/ (on a disk, where a cut file faults). */
export function* runAll(target: Target, vectors: Iterable<Vector>): Generator<[Vector, Outcome]> {
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
      const difference = target.run(vector, join(folder, `${(count += 1)}`));
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
    rmSync(folder, { recursive: true, force: true });
  }
}
