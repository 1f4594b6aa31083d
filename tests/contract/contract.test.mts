// The contract suite on every target there is: one test a vector.
import { Ajv } from 'ajv';
import { suite, test } from 'uvu';
import * as assert from 'uvu/assert';
import { runAll, targets } from './targets.mjs';
import { loadExpectations, loadVectors, schema } from './vectors.mjs';

const vectors = loadVectors();
const all = [...vectors.values()].flat();

test('the vectors follow their schema', () => {
  const validate = new Ajv({ allowUnionTypes: true }).compile(schema());
  for (const [subject, list] of vectors) assert.ok(validate(list), `${subject}: ${JSON.stringify(validate.errors)}`);
});

test('no vector is lost', () => {
  assert.ok(all.length >= 400, `${all.length} vectors`);
  assert.is(new Set(all.map(({ name }) => name)).size, all.length, 'names are unique');
});

test('expectations name vectors that exist', () => {
  const names = new Set(all.map(({ name }) => name));
  for (const target of targets) {
    for (const name of Object.keys(loadExpectations(target.name).failures)) assert.ok(names.has(name), name);
  }
});

test.run();

for (const target of targets) {
  const run = suite(target.name);
  const skipped = new Map<string, number>();
  for await (const [{ name }, outcome] of runAll(target, all)) {
    if (outcome.state === 'skipped') {
      skipped.set(outcome.detail, (skipped.get(outcome.detail) ?? 0) + 1);
      continue;
    }
    run(name, () => assert.not(outcome.state === 'failed', outcome.detail));
  }
  for (const [reason, count] of skipped) console.log(`${target.name} skips ${count} vectors: ${reason}`);
  run.run();
}
