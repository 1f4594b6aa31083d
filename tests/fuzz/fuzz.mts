/**
 * Drives a target of the contract suite and a judge through the same random operations on files of their own, and
 * compares every answer, the file and all mappings after every operation. The judge is CPython's mmap, or, with files
 * that are also cut and extended meanwhile, the native host:
 *
 *   node build/tests/fuzz/fuzz.mjs --target typescript-node --operations 1000000 --seed 1 [--truncation]
 *
 * Where there is no CPython beside the target, as under Wine, `--record FILE` keeps what the target answered, and
 * `--judge FILE` compares it on another system.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { targets, type Target } from '../contract/targets.mjs';
import { Episode, randomNumbers } from './episode.mjs';
import { Native, Oracle, type Judge } from './oracle.mjs';

const EPISODE = 50;

/** What an episode was, and what the target answered. */
type Kept = Pick<Episode, 'file' | 'steps' | 'answers'>;

/** Tells the first difference from the judge's answers, if there is one. */
async function difference({ file, steps, answers }: Kept, judge: Judge, where: string): Promise<string | undefined> {
  const expected = await judge.answers(file, steps);
  const at = answers.findIndex((answer, index) => answer !== expected[index]);
  if (at < 0) return undefined;
  const last = steps.slice(0, at + 1).filter(({ op, by }, index) => !(op === 'digest' || by) || index === at);
  const [answer, right] = [answers[at], expected[at]].map((text = '') => text.slice(0, 300));
  return [
    `${where}: ${answer}, but ${judge.name} says ${right}`,
    `file ${JSON.stringify(file)}`,
    ...last.slice(-15).map((step) => JSON.stringify(step).slice(0, 300)),
  ].join('\n');
}

/** Tells the first difference, if there is one. */
export async function fuzz(
  target: Target,
  operations: number,
  seed: number,
  truncation = false,
): Promise<string | undefined> {
  const folder = mkdtempSync(resolve('build', 'fuzz-'));
  const judge: Judge = truncation ? new Native(`${folder}/native`) : new Oracle();
  const abilities = truncation ? { cursor: false, truncation } : target.abilities;
  const random = randomNumbers(seed);
  try {
    for (let done = 0; done < operations; done += EPISODE) {
      const episode = new Episode(`${folder}/file`, random, target.open, abilities);
      await episode.run(Math.min(EPISODE, operations - done));
      const found = await difference(episode, judge, `seed ${seed}, from operation ${done} on`);
      if (found) return found;
    }
    return undefined;
  } finally {
    judge.close();
    target.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Keeps what the target answers, for {@link judgeRecords} to look at. */
export async function record(target: Target, operations: number, seed: number, path: string): Promise<void> {
  const folder = mkdtempSync(resolve('build', 'fuzz-'));
  const random = randomNumbers(seed);
  const records: Kept[] = [];
  try {
    for (let done = 0; done < operations; done += EPISODE) {
      const episode = new Episode(`${folder}/file`, random, target.open, target.abilities);
      await episode.run(Math.min(EPISODE, operations - done));
      const { file, steps, answers } = episode;
      records.push({ file, steps, answers });
    }
    writeFileSync(path, JSON.stringify(records));
  } finally {
    target.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compares what was kept with CPython's answers, and tells the first difference. */
export async function judgeRecords(path: string): Promise<string | undefined> {
  const judge = new Oracle();
  try {
    const records = JSON.parse(readFileSync(path, 'utf8')) as Kept[];
    for (const [index, kept] of records.entries()) {
      const found = await difference(kept, judge, `episode ${index} of ${path}`);
      if (found) return found;
    }
    return undefined;
  } finally {
    judge.close();
  }
}

if (process.argv[1]?.endsWith('fuzz.mjs')) {
  const { values } = parseArgs({
    options: {
      target: { type: 'string' },
      operations: { type: 'string' },
      seed: { type: 'string' },
      truncation: { type: 'boolean' },
      record: { type: 'string' },
      judge: { type: 'string' },
    },
  });
  const name = values.target ?? 'typescript-node';
  const target = targets.find((candidate) => candidate.name === name);
  if (!target) throw new Error(`no target ${name}; there are ${targets.map((known) => known.name).join(', ')}`);
  const operations = Number(values.operations ?? 20_000);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
  let found: string | undefined;
  if (values.judge) {
    found = await judgeRecords(values.judge);
  } else {
    console.log(`${name}: ${operations} operations, seed ${seed}`);
    if (values.record) await record(target, operations, seed, values.record);
    else found = await fuzz(target, operations, seed, values.truncation);
  }
  console.log(found ?? (values.record ? 'recorded' : 'no difference'));
  process.exitCode = found ? 1 : 0;
}
