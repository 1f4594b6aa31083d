// The kept components, and some that are new in each run: FUZZ_SEED makes those of a run that failed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generate } from './generate.mjs';
import { tryComponent } from './judge.mjs';

const CORPUS = 'tests/fuzz/corpus/components';
const NEW = 10;

const { FUZZ_SEED = String(Math.floor(Math.random() * 2 ** 32)) } = process.env;

for (const name of readdirSync(CORPUS).sort()) {
  test(`${name} gets a proper end`, async () => {
    const { wrong } = await tryComponent(readFileSync(join(CORPUS, name)));
    assert.is(wrong, undefined);
  });
}

test(`${NEW} new hostile components get a proper end`, async () => {
  console.log(`hostile components: seed ${FUZZ_SEED}`);
  for (let number = 0; number < NEW; number += 1) {
    const { wrong } = await tryComponent(await generate(Number(FUZZ_SEED) + number));
    assert.is(wrong, undefined, `seed ${Number(FUZZ_SEED) + number}`);
  }
});

test.run();
