/**
 * Runs all vectors in one process, that of another platform's Node or of `npm test`: there.mjs FOLDER [node-polyfill].
 * Tells of each, on files in this folder, the first difference.
 */
import { join } from 'node:path';
import { openHere, run } from './runner.mjs';
import { loadExpectations, loadVectors, missingNeed } from './vectors.mjs';

/** A vector's name, and how it ended. */
export interface Told {
  vector: string;
  difference?: string | undefined;
}

const [folder = '', host = 'node'] = process.argv.slice(2);
// The polyfill is not asked of platforms without preview2-shim.
const open = host === 'node' ? openHere : await (await import('./polyfill.mjs')).polyfillOpener();
const expectations = loadExpectations('typescript', host, process.platform, process.arch);
const vectors = [...loadVectors().values()].flat().filter((vector) => !missingNeed(vector, expectations));
let failed = 0;

for (const [index, vector] of vectors.entries()) {
  const difference = await run(open, vector, join(folder, `${index}`)).catch((error: Error) => error.message);
  if ((difference !== undefined) !== vector.name in expectations.failures) failed += 1;
  console.log(JSON.stringify({ vector: vector.name, difference } satisfies Told));
}
console.log(`${vectors.length - failed} passed, ${failed} failed`);
