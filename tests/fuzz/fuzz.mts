/**
 * Drives a target of the contract suite and CPython's mmap through the same random operations on files of their own,
 * and compares every answer, the file and all mappings after every operation:
 *
 *   node build/tests/fuzz/fuzz.mjs --target typescript-node --operations 1000000 --seed 1
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { targets, type Target } from '../contract/targets.mjs';
import { Episode, randomNumbers } from './episode.mjs';
import { Oracle } from './oracle.mjs';

const EPISODE = 50;

/** Tells the first difference, if there is one. */
export async function fuzz(target: Target, operations: number, seed: number): Promise<string | undefined> {
  const oracle = new Oracle();
  const folder = mkdtempSync(resolve('build', 'fuzz-'));
  const random = randomNumbers(seed);
  try {
    for (let done = 0; done < operations; done += EPISODE) {
      const episode = new Episode(`${folder}/file`, random, target.open, target.abilities);
      await episode.run(Math.min(EPISODE, operations - done));
      const expected = await oracle.answers(episode.file, episode.steps);
      const at = episode.answers.findIndex((answer, index) => answer !== expected[index]);
      if (at < 0) continue;
      const steps = episode.steps.slice(0, at + 1).filter(({ op }, index) => op !== 'digest' || index === at);
      return [
        `seed ${seed}, operation ${done + Math.floor(at / 2)}: ${episode.answers[at]}, but CPython says ${expected[at]}`,
        `file ${JSON.stringify(episode.file)}`,
        ...steps.slice(-15).map((step) => JSON.stringify(step).slice(0, 300)),
      ].join('\n');
    }
    return undefined;
  } finally {
    oracle.close();
    target.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1]?.endsWith('fuzz.mjs')) {
  const { values } = parseArgs({
    options: { target: { type: 'string' }, operations: { type: 'string' }, seed: { type: 'string' } },
  });
  const name = values.target ?? 'typescript-node';
  const target = targets.find((candidate) => candidate.name === name);
  if (!target) throw new Error(`no target ${name}; there are ${targets.map((known) => known.name).join(', ')}`);
  const operations = Number(values.operations ?? 20_000);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`${name}: ${operations} operations, seed ${seed}`);
  const difference = await fuzz(target, operations, seed);
  console.log(difference ?? 'no difference');
  process.exitCode = difference ? 1 : 0;
}
