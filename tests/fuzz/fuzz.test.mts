// FUZZ_OPERATIONS and FUZZ_SEED set another number of operations and a seed that failed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuzz } from './fuzz.mjs';

const { FUZZ_OPERATIONS = '20000', FUZZ_SEED = String(Math.floor(Math.random() * 2 ** 32)) } = process.env;

test(`${FUZZ_OPERATIONS} random operations answer as in CPython`, async () => {
  console.log(`seed ${FUZZ_SEED}`);
  assert.is(await fuzz(Number(FUZZ_OPERATIONS), Number(FUZZ_SEED)), undefined);
});

test.run();
