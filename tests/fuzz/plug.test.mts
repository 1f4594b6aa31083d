// What a fuzzer found for the plug (tests/fuzz/plug), in the module that the commands have.
import { readdirSync, readFileSync } from 'node:fs';
import { plug } from '#module';
import { UsageError } from '#options';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const CORPUS = 'tests/fuzz/corpus/plug';

for (const name of readdirSync(CORPUS).sort()) {
  test(`${name} is plugged, or refused`, async () => {
    const answer = await plug(name, readFileSync(`${CORPUS}/${name}`)).catch((error: unknown) => error);
    if (answer instanceof Uint8Array) {
      assert.not.match(await componentWit(answer), /import wasi-mmap:/);
      return;
    }
    assert.instance(answer, UsageError);
    assert.not.match((answer as UsageError).message, /cannot be plugged/); // A trap.
  });
}

test.run();
