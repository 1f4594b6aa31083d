/** Runs in the Node of another platform: there.mjs FOLDER FILE…; fills the access table from copies of the files. */
import { copyFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Access } from 'wasi-mmap';
import { ask, type Answers } from './access.mjs';

export interface Told {
  access: Access;
  answers: Answers;
}

const [folder = '', ...files] = process.argv.slice(2);

for (const access of ['read', 'copy', 'write'] as const) {
  for (const file of files) {
    const copy = join(folder, `${access}-${basename(file)}`); // A view can still hold the last copy.
    copyFileSync(file, copy);
    console.log(JSON.stringify({ access, answers: ask(copy, access) } satisfies Told));
  }
}
