// The contract suite on every target: one test per vector.
import { Ajv } from 'ajv';
import { suite, test } from 'uvu';
import * as assert from 'uvu/assert';
import { thorough } from '../tools/thorough.mjs';
import { columns as allColumns, runAll, type Outcome, type Column } from './targets.mjs';
import { loadExpectations, loadVectors, schema, type Vector } from './vectors.mjs';

const vectors = loadVectors();
const all = [...vectors.values()].flat();

/** Emulated columns that take long, and of which others have each part: left to `make thorough` and `make conformance`. */
const LONG = /-wasmtime(-polyfill)?-win32-x64$|^rust-node-linux-arm64-musl$/;
const columns = allColumns.filter(({ name }) => thorough || !LONG.test(name));
for (const { name } of allColumns) if (!thorough && LONG.test(name)) console.log(`skips ${name}: make thorough has it`);

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
  for (const column of columns) {
    const { failures } = loadExpectations(column.language, column.host, column.os, column.arch);
    for (const name of Object.keys(failures)) assert.ok(names.has(name), name);
  }
});

test('every column says what runs it', async () => {
  for (const column of columns) {
    const { name, host, os, arch, missing } = column;
    if (missing !== undefined) continue; // Its vectors are skipped aloud.
    const said = await column.about();
    column.close();
    assert.is(host === 'browser' ? 'chromium' : host.replace('-polyfill', ''), said.runtime, name);
    assert.match(said.version, /^\d+\.\d+/, name);
    assert.is(said.arch, arch, name);
    assert.is(said.libc === 'none', os !== 'linux' || host === 'browser', name);
    assert.match(said.wasi, /^(0\.[23]|none)$/, name);
  }
});

// All outcomes first: uvu counts only suites that are defined without a pause.
const outcomes = new Map<Column, Array<[Vector, Outcome]>>();
for (const column of columns) {
  const list: Array<[Vector, Outcome]> = [];
  for await (const outcome of runAll(column, all)) list.push(outcome);
  outcomes.set(column, list);
}

test.run();

for (const [{ name: targetName }, list] of outcomes) {
  const run = suite(targetName);
  const skipped = new Map<string, number>();
  for (const [{ name }, { state, detail }] of list) {
    if (state === 'skipped') skipped.set(detail, (skipped.get(detail) ?? 0) + 1);
    else run(name, () => assert.not(state === 'failed', detail));
  }
  for (const [reason, count] of skipped) console.log(`${targetName} skips ${count} vectors: ${reason}`);
  run.run();
}
