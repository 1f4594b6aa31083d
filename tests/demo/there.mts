/** Runs in the Node of another platform: there.mjs COPY FILE…; fills the access table from copies of the files. */
import { copyFileSync, rmSync } from 'node:fs';
import type { Access } from 'wasi-mmap';
import { ask, type Answers } from './access.mjs';

export interface Told {
  access: Access;
  answers: Answers;
}

const [copy = '', ...files] = process.argv.slice(2);

for (const access of ['read', 'copy', 'write'] as const) {
  for (const file of files) {
    copyFileSync(file, copy);
    console.log(JSON.stringify({ access, answers: ask(copy, access) } satisfies Told));
    rmSync(copy);
  }
}
