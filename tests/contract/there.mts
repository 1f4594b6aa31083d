/** Runs in the Node of another platform: tells of each vector, on files in this folder, the first difference. */
import { join } from 'node:path';
import { openHere, run } from './runner.mjs';
import { loadExpectations, loadVectors, missingNeed } from './vectors.mjs';

/** A vector's name, and how it ended. */
export interface Told {
  vector: string;
  difference?: string | undefined;
}

const [folder = ''] = process.argv.slice(2);
const expectations = loadExpectations('typescript', 'node', process.platform, process.arch);
const vectors = [...loadVectors().values()].flat().filter((vector) => !missingNeed(vector, expectations));

for (const [index, vector] of vectors.entries()) {
  const difference = await run(openHere, vector, join(folder, `${index}`)).catch((error: Error) => error.message);
  console.log(JSON.stringify({ vector: vector.name, difference } satisfies Told));
}
