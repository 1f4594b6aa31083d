/** Runs programs one after the other: batch.mjs FOLDER. They and their outputs are files of wine.mts there. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';

const [, , folder = ''] = process.argv;
const jobs = JSON.parse(readFileSync(`${folder}/jobs.json`, 'utf8')) as Array<[string, ...string[]]>;
const ends: Array<number | string | undefined> = [];

/** Wine can end a thread that holds a lock of Wine's own, and then never ends the process: such a job runs again. */
const PATIENCE_MS = 120_000;

function run(index: number, [program, ...words]: [string, ...string[]]): number | string | undefined {
  // Wine's services inherit pipes: files end with the program.
  const [out, error] = [openSync(`${folder}/${index}.out`, 'w'), openSync(`${folder}/${index}.error`, 'w')];
  const {
    status,
    signal,
    error: failure,
  } = spawnSync(program, words, {
    stdio: ['ignore', out, error],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  closeSync(out);
  closeSync(error);
  return failure?.message ?? status ?? signal ?? undefined;
}

for (const [index, job] of jobs.entries()) {
  let end = run(index, job);
  if (typeof end === 'string' && end.includes('ETIMEDOUT')) {
    console.log(`again, for it did not end: ${job.join(' ')}`);
    end = run(index, job);
  }
  ends.push(end);
  writeFileSync(`${folder}/ends.json`, JSON.stringify(ends)); // Each time, in case one never ends.
}
