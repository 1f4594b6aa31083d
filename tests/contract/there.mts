/**
 * Runs all vectors in one process, that of another platform's Node or of `npm test`: there.mjs FOLDER [HOST] [LANGUAGE].
 * Prints the first difference of each, on files in this folder below build/. That Node runs guests too.
 */
import { join, resolve } from 'node:path';
import { guestOn, prepare, type GuestHost, type GuestLanguage } from './hosts.mjs';
import { openHere, run, type OpenSession } from './runner.mjs';
import { loadExpectations, loadVectors, missingNeed } from './vectors.mjs';

/** The outcome of a vector. */
export interface Told {
  vector: string;
  difference?: string | undefined;
}

const [folder = '', host = 'node', language = 'typescript'] = process.argv.slice(2);

async function opener(): Promise<{ open: OpenSession; close?: () => void }> {
  if (language !== 'typescript') {
    const guest = guestOn(language as GuestLanguage, host as GuestHost);
    if (host.startsWith('wasmtime')) prepare(language as GuestLanguage, host as GuestHost);
    return { open: (path, file) => guest.open(resolve(path), file), close: () => guest.close() };
  }
  // The native host alone needs no preview2-shim.
  return { open: host.endsWith('-polyfill') ? await (await import('./polyfill.mjs')).polyfillOpener() : openHere };
}

const { open, close } = await opener();
const expectations = loadExpectations(language, host, process.platform, process.arch);
const vectors = [...loadVectors().values()].flat().filter((vector) => !missingNeed(vector, expectations));
let failed = 0;

for (const [index, vector] of vectors.entries()) {
  const difference = await run(open, vector, join(folder, `${index}`)).catch((error: Error) => error.message);
  if ((difference !== undefined) !== vector.name in expectations.failures) failed += 1;
  console.log(JSON.stringify({ vector: vector.name, difference } satisfies Told));
}
close?.();
console.log(`${vectors.length - failed} passed, ${failed} failed`);
