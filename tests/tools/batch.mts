/** Runs programs one after the other: batch.mjs FOLDER. They and their outputs are files of wine.mts there. */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';

const [, , folder = ''] = process.argv;
const jobs = JSON.parse(readFileSync(`${folder}/jobs.json`, 'utf8')) as Array<[string, ...string[]]>;
const ends: Array<number | string | undefined> = [];
for (const [index, [program, ...words]] of jobs.entries()) {
  // Wine's services inherit pipes: files end with the program.
  const [out, error] = [openSync(`${folder}/${index}.out`, 'w'), openSync(`${folder}/${index}.error`, 'w')];
  const { status, signal, error: failure } = spawnSync(program, words, { stdio: ['ignore', out, error] });
  closeSync(out);
  closeSync(error);
  ends.push(status ?? signal ?? failure?.message);
  writeFileSync(`${folder}/ends.json`, JSON.stringify(ends)); // Each time, in case one never ends.
}
