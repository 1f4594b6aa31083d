// FUZZ_OPERATIONS and FUZZ_SEED set another number of operations and a seed that failed.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { targets, type Target } from '../contract/targets.mjs';
import { platforms, runtimes } from '../tools/platforms.mjs';
import { thorough } from '../tools/thorough.mjs';
import { fuzz, fuzzThere } from './fuzz.mjs';

const { FUZZ_OPERATIONS, FUZZ_SEED = String(Math.floor(Math.random() * 2 ** 32)) } = process.env;

/** That many, or in `make test` a third of them: each run has another seed. */
const number = (all: number): number => Number(FUZZ_OPERATIONS ?? (thorough ? all : Math.ceil(all / 3)));

/** A guest answers through pipes, and JavaScript and Python in a guest are interpreted. */
const operations = ({ language }: Target): number =>
  number({ typescript: 20_000, javascript: 200, python: 500 }[language as string] ?? 2000);

/** Languages differ in each runtime as they do in Node: one shows that. */
const fuzzed = targets.filter(
  ({ language, host }) => !/^(bun|deno)/.test(host) || (language === 'rust' && !host.includes('-')),
);
const missing = fuzzed.filter((target) => target.missing !== undefined);
for (const { name, missing: lacking } of missing)
  console.log(`${name} skips random operations: this machine has ${lacking}`);
const there = fuzzed.filter((target) => !missing.includes(target));

test('CI has every target', () => {
  assert.ok(!process.env['CI'] || missing.length === 0);
});

for (const target of there) {
  test(`${target.name}: ${operations(target)} random operations answer as in CPython`, async () => {
    console.log(`${target.name}: seed ${FUZZ_SEED}`);
    assert.is(await fuzz(target, operations(target), Number(FUZZ_SEED)), undefined);
  });
}

for (const target of there.filter(({ name }) => name !== 'typescript-node')) {
  const count = Math.ceil(operations(target) / 2);
  test(`${target.name}: ${count} random operations, while the file is cut, answer as on the native host`, async () => {
    console.log(`${target.name}: seed ${FUZZ_SEED}`);
    assert.is(await fuzz(target, count, Number(FUZZ_SEED), true), undefined);
  });
}

for (const platform of [...platforms, ...runtimes]) {
  // Windows refuses to cut a file that is mapped.
  for (const truncation of platform.os === 'win32' ? [false] : [false, true]) {
    // An emulated processor is slow.
    const count = number(platform.arch === process.arch ? 3000 : truncation ? 500 : 1000);
    const judge = truncation ? 'on the native host, while the file is cut' : 'in CPython';
    test(`${platform.name}: ${count} random operations answer as ${judge}`, async () => {
      if (platform.missing !== undefined) {
        console.log(`${platform.name} skips random operations: this machine has ${platform.missing}`);
        assert.not.ok(process.env['CI'], 'CI needs every platform');
        return;
      }
      console.log(`${platform.name}: seed ${FUZZ_SEED}`);
      assert.is(await fuzzThere(platform, count, Number(FUZZ_SEED), truncation), undefined);
    });
  }
}

test.run();
