// Random operations on a file that is truncated and extended meanwhile have the same results in a page as on the native host,
// where they run first. FUZZ_OPERATIONS and FUZZ_SEED set the number of operations, and the seed of a failed run.
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openHere } from '../contract/runner.mjs';
import type { Vector } from '../contract/vectors.mjs';
import { thorough } from '../tools/thorough.mjs';
import { Episode, randomNumbers } from '../fuzz/episode.mjs';
import { browserColumns } from './columns.mjs';

const EPISODE = 50;
const { FUZZ_OPERATIONS, FUZZ_SEED = String(Math.floor(Math.random() * 2 ** 32)) } = process.env;

/** Operations with the answers of the native host, as a vector. */
async function record(path: string, name: string, random: (below: number) => number): Promise<Vector> {
  const episode = new Episode(path, random, openHere, { cursor: false, pages: false, truncation: true });
  await episode.run(EPISODE);
  const steps = episode.steps.map((step, index) => {
    const answer = episode.answers[index] as string;
    const error = /^error (.*)/.exec(answer)?.[1];
    return error === undefined ? { ...step, expect: JSON.parse(answer) as string | number | null } : { ...step, error };
  });
  return { name, file: episode.file, steps };
}

for (const column of browserColumns) {
  const usual = { typescript: 2000, javascript: 200 }[column.language as string] ?? 1000;
  const operations = Number(FUZZ_OPERATIONS ?? (thorough ? usual : usual / 2));
  test(`${column.name}: ${operations} random operations answer as on the native host`, async () => {
    if (column.missing !== undefined) {
      console.log(`${column.name} skips random operations: this machine has ${column.missing}`);
      assert.not.ok(process.env['CI'], 'CI needs Chromium');
      return;
    }
    console.log(`${column.name}: seed ${FUZZ_SEED}`);
    const folder = mkdtempSync(resolve('build', 'fuzz-'));
    const random = randomNumbers(Number(FUZZ_SEED));
    try {
      for (let done = 0; done < operations; done += EPISODE) {
        const vector = await record(join(folder, `${done}`), `operations from ${done}`, random);
        const difference = await column.run(vector, '');
        const at = Number(/^step (\d+)/.exec(difference ?? '')?.[1] ?? 0);
        const story = [vector.file, ...vector.steps.slice(Math.max(at - 15, 0), at + 1)].map((part) =>
          JSON.stringify(part),
        );
        const report = [`seed ${FUZZ_SEED}: ${difference}`, ...story.map((line) => line.slice(0, 300))].join('\n');
        assert.is(difference, undefined, report);
      }
    } finally {
      column.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

test.run();
