// Components that misbehave, in the command for Windows: they end as in the command for Linux.
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import * as assert from 'uvu/assert';
import { endOf, runAll, windowsSuite, type Ended } from '../tools/wine.mjs';
import { LIMITED, limitedArguments, newFolder, runArguments, WASMTIME_SCENARIOS } from './scenarios.mjs';

windowsSuite('hostile, wasmtime on Windows', 'spans', (test) => {
  const scenarios = Object.entries(WASMTIME_SCENARIOS);
  let ends: Ended[] = [];
  test.before(() => {
    const all = [...scenarios, ...LIMITED].map(() => relative('.', newFolder()));
    const words = [
      ...scenarios.map(([scenario], index) => runArguments(all[index] ?? '', scenario)),
      ...LIMITED.map((limit, index) => limitedArguments(all[scenarios.length + index] ?? '', limit)),
    ];
    ends = runAll('spans', words);
    for (const folder of all) rmSync(folder, { recursive: true });
  });

  for (const [index, [scenario, expected]] of scenarios.entries()) {
    test(scenario, () => {
      const ended = ends[index] as Ended;
      const end = endOf(ended);
      assert.ok(([expected].flat() as unknown[]).includes(end), `ended with ${end}: ${ended.out}${ended.error}`);
    });
  }
  for (const [index, { scenario, size, code, is }] of LIMITED.entries()) {
    test(`${scenario}, memory that the command limits to ${size}`, () => {
      const ended = ends[scenarios.length + index] as Ended;
      assert.is(ended.code === code, is, `ended with ${ended.code}: ${ended.out}${ended.error}`);
    });
  }
});
