/**
 * Drives a target of the contract suite and a judge through the same random operations on files of their own, and
 * compares every answer, the file and all mappings after every operation. The judge is CPython's mmap, or, with files
 * that are also cut and extended meanwhile, the native host:
 *
 *   node build/tests/fuzz/fuzz.mjs --target typescript-node --operations 1000000 --seed 1 [--truncation]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { targets, type Target } from '../contract/targets.mjs';
import { Episode, randomNumbers } from './episode.mjs';
import { Native, Oracle, type Judge } from './oracle.mjs';

const EPISODE = 50;

/** Tells the first difference, if there is one. */
export async function fuzz(
  target: Target,
  operations: number,
  seed: number,
  truncation = false,
): Promise<string | undefined> {
  const folder = mkdtempSync(resolve('build', 'fuzz-'));
  const judge: Judge = truncation ? new Native(`${folder}/native`) : new Oracle();
  const abilities = truncation ? { cursor: false, pages: false, truncation } : target.abilities;
  const random = randomNumbers(seed);
  try {
    for (let done = 0; done < operations; done += EPISODE) {
      const episode = new Episode(`${folder}/file`, random, target.open, abilities);
      await episode.run(Math.min(EPISODE, operations - done));
      const expected = await judge.answers(episode.file, episode.steps);
      const at = episode.answers.findIndex((answer, index) => answer !== expected[index]);
      if (at < 0) continue;
      const steps = episode.steps
        .slice(0, at + 1)
        .filter(({ op, by }, index) => !(op === 'digest' || by) || index === at);
      const [answer, right] = [episode.answers[at], expected[at]].map((text = '') => text.slice(0, 300));
      return [
        `seed ${seed}, from operation ${done} on: ${answer}, but ${judge.name} says ${right}`,
        `file ${JSON.stringify(episode.file)}`,
        ...steps.slice(-15).map((step) => JSON.stringify(step).slice(0, 300)),
      ].join('\n');
    }
    return undefined;
  } finally {
    judge.close();
    target.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1]?.endsWith('fuzz.mjs')) {
  const { values } = parseArgs({
    options: {
      target: { type: 'string' },
      operations: { type: 'string' },
      seed: { type: 'string' },
      truncation: { type: 'boolean' },
    },
  });
  const name = values.target ?? 'typescript-node';
  const target = targets.find((candidate) => candidate.name === name);
  if (!target) throw new Error(`no target ${name}; there are ${targets.map((known) => known.name).join(', ')}`);
  const operations = Number(values.operations ?? 20_000);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`${name}: ${operations} operations, seed ${seed}`);
  const difference = await fuzz(target, operations, seed, values.truncation);
  console.log(difference ?? 'no difference');
  process.exitCode = difference ? 1 : 0;
}
