// The figures of guests in this process: `metrics()` of wasi-mmap/host, with both kinds of bindings.
import { rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { metrics, setLimits, type Metrics } from 'wasi-mmap/host';
import { HOSTILE, newFolder } from './scenarios.mjs';
import { load, outcome, settled, type Bindings } from './support.mjs';

const folder = newFolder();
process.on('exit', () => rmSync(folder, { recursive: true }));

/** What a scenario adds to the figures. */
async function added(scenario: string, bindings: Bindings): Promise<Metrics> {
  const run = await load(HOSTILE, bindings, { '/': folder }, [scenario]);
  const before = metrics();
  assert.is(outcome(run), 0, scenario);
  const entries = Object.entries(metrics()).map(([name, value]) => [name, value - before[name as keyof Metrics]]);
  return Object.fromEntries(entries) as Metrics;
}

for (const bindings of ['hybrid', 'js'] as const) {
  const test = suite(`metrics, ${bindings}`);

  test('mappings and copies', async () => {
    const { mappings, mapped, privateMemory, allMappings, bytesRead, bytesWritten } = await added(
      'every-order',
      bindings,
    );
    assert.equal([mappings, mapped, privateMemory], [0, 0, 0]);
    // Three mappings in each of the 24 orders in which four resources can be dropped; 108 reads of 4 bytes.
    assert.equal([allMappings, bytesRead, bytesWritten], [72, 432, 0]);
  });

  test('the bytes that a search goes through', async () => {
    assert.is((await added('search-1-gib', bindings)).bytesStepped, 2 ** 30);
  });

  test('calls past a limit, and the peak below it', async () => {
    const privateMemory = 9 * 2 ** 17;
    setLimits({ privateMemory });
    const { noMemory } = await added('memory-of-the-host', bindings);
    assert.ok(noMemory > 0);
    assert.ok(metrics().peakPrivateMemory <= privateMemory && metrics().peakPrivateMemory > privateMemory / 2);
    setLimits({ privateMemory: 4 * 2 ** 30 });
    assert.is(metrics().peakPrivateMemory, 0);
  });

  test('a mapping that a guest leaves behind is open until it is garbage', async () => {
    await settled();
    const before = metrics();
    const run = await load(HOSTILE, bindings, { '/': folder }, ['exit-while-mapped']);
    assert.is(outcome(run), 0);
    assert.equal([metrics().mappings - before.mappings, metrics().mapped - before.mapped], [1, 1 << 16]);
  });

  test.after(async () => {
    await settled();
    // JavaScriptCore keeps some garbage that a stack seems to refer to.
    if (!('bun' in process.versions)) assert.equal([metrics().mappings, metrics().mapped], [0, 0]);
  });

  test.run();
}
