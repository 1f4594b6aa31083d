// FUZZ_OPERATIONS and FUZZ_SEED set another number of operations and a seed that failed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { targets } from '../contract/targets.mjs';
import { fuzz } from './fuzz.mjs';

const { FUZZ_OPERATIONS, FUZZ_SEED = String(Math.floor(Math.random() * 2 ** 32)) } = process.env;

for (const target of targets) {
  // A guest answers through pipes, and JavaScript in a guest is interpreted.
  const operations = Number(
    FUZZ_OPERATIONS ?? { typescript: 20_000, javascript: 200 }[target.language as string] ?? 2000,
  );
  test(`${target.name}: ${operations} random operations answer as in CPython`, async () => {
    console.log(`${target.name}: seed ${FUZZ_SEED}`);
    assert.is(await fuzz(target, operations, Number(FUZZ_SEED)), undefined);
  });
}

test.run();
