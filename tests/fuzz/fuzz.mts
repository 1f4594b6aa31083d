/**
 * Drives a target of the contract suite and a judge through the same random operations on files of their own, and
 * compares every answer, the file and all mappings after every operation. The judge is CPython's mmap, or, with files
 * that are also cut and extended meanwhile, the native host:
 *
 *   node build/tests/fuzz/fuzz.mjs --target typescript-node --operations 1000000 --seed 1 [--truncation]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { targets, type Target } from '../contract/targets.mjs';
import { linesFrom, type Platform } from '../tools/platforms.mjs';
import { playEpisodes, type Abilities, type Played } from './episode.mjs';
import { Native, Oracle, type Judge } from './oracle.mjs';

/** Compares what a target answered, on files in a folder, with what the judge answers. */
async function compare(
  play: (folder: string) => AsyncIterable<Played>,
  { truncation }: Abilities,
  seed: number,
): Promise<string | undefined> {
  const folder = mkdtempSync(resolve('build', 'fuzz-'));
  const judge: Judge = truncation ? new Native(`${folder}/native`) : new Oracle();
  try {
    for await (const { from, file, steps, answers } of play(folder)) {
      const expected = await judge.answers(file, steps);
      const at = answers.findIndex((answer, index) => answer !== expected[index]);
      if (at < 0) continue;
      const story = steps.slice(0, at + 1).filter(({ op, by }, index) => !(op === 'digest' || by) || index === at);
      const [answer, right] = [answers[at], expected[at]].map((text = '') => text.slice(0, 300));
      return [
        `seed ${seed}, from operation ${from} on: ${answer}, but ${judge.name} says ${right}`,
        `file ${JSON.stringify(file)}`,
        ...story.slice(-15).map((step) => JSON.stringify(step).slice(0, 300)),
      ].join('\n');
    }
    return undefined;
  } finally {
    judge.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const cutting: Abilities = { cursor: false, pages: false, truncation: true };

/** Tells the first difference, if there is one. */
export async function fuzz(
  target: Target,
  operations: number,
  seed: number,
  truncation = false,
): Promise<string | undefined> {
  const abilities = truncation ? cutting : target.abilities;
  try {
    return await compare((folder) => playEpisodes(target.open, abilities, folder, operations, seed), abilities, seed);
  } finally {
    target.close();
  }
}

/** The same for the Node of another platform, which plays all episodes in one process. */
export function fuzzThere(
  platform: Platform,
  operations: number,
  seed: number,
  truncation = false,
): Promise<string | undefined> {
  const abilities = truncation ? cutting : { cursor: true, pages: true, growsOnly: platform.os === 'win32' };
  const words = [JSON.stringify(abilities), String(operations), String(seed)];
  const script = 'build/tests/fuzz/there.mjs';
  return compare((folder) => linesFrom<Played>(platform, script, [relative('.', folder), ...words]), abilities, seed);
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
