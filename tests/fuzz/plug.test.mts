// What a fuzzer found for the plug (tests/fuzz/plug), in the module that the commands have.
import { readdirSync, readFileSync } from 'node:fs';
import { inspect, plug, seal } from '#module';
import { UsageError } from '#options';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const CORPUS = 'tests/fuzz/corpus/plug';

const hasWit = (component: Uint8Array): Promise<boolean> =>
  Promise.resolve(component)
    .then(componentWit)
    .then(
      () => true,
      () => false,
    );

for (const name of readdirSync(CORPUS).sort()) {
  const guest = readFileSync(`${CORPUS}/${name}`);

  for (const compose of [false, true]) {
    test(`${name} is ${compose ? 'composed' : 'plugged'}, or refused`, async () => {
      const answer = await plug(name, guest, compose).catch((error: unknown) => error as UsageError);
      if (!(answer instanceof Error)) {
        const { bytes, explanation } = answer;
        assert.match(
          explanation,
          compose ? /^composed, because that was asked for$/ : /^(fused: |composed, because ).+$/,
        );
        // A component may export what WIT has no words for; plugging does not change that.
        if (await hasWit(guest)) assert.not.match(await componentWit(bytes), /import wasi-mmap:/);
        else assert.not(await hasWit(bytes));
        return;
      }
      assert.instance(answer, UsageError);
      assert.not.match(answer.message, /cannot be plugged|\n/); // A trap; or more than a line.
    });
  }

  test(`${name} is sealed, or refused`, async () => {
    const answer = await seal(name, guest).catch((error: unknown) => error as Error);
    if (!(answer instanceof Error)) {
      const run = { '0.2': /export wasi:cli\/run@0\.2\.12;/, '0.3': /export wasi:cli\/run@0\.(2\.12|3\.0);/ };
      assert.match(await componentWit(answer.bytes), run[answer.generation]);
      return;
    }
    assert.instance(answer, UsageError);
    assert.not.match(answer.message, /too large or too deep|\n/);
  });

  test(`${name} is inspected, or refused`, async () => {
    const answer = await inspect(name, guest).catch((error: unknown) => error as Error);
    if (!(answer instanceof Error)) {
      assert.is((JSON.parse(answer.json) as { bytes: number }).bytes, guest.length);
      // oxlint-disable-next-line no-control-regex -- none may reach a terminal
      return assert.not.match(answer.text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
    assert.instance(answer, UsageError);
    assert.not.match(answer.message, /too large or too deep|\n/);
  });
}

test('what a fuzzer begins with is fused, and also composed', async () => {
  const explanations = await Promise.all(
    ['c-mgrep', 'rust-std_file', 'imports'].map(
      async (name) => (await plug(name, readFileSync(`${CORPUS}/${name}`))).explanation,
    ),
  );
  for (const explanation of explanations) assert.match(explanation, /^fused/);
});

test.run();
