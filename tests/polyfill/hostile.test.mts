// Components that misbehave, with the polyfill inside of them or in front of them: both forms end alike.
import { rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HOSTILE, newFolder, NO_MEMORY, SCENARIOS, writeFile, WRONG, type End } from '../host/scenarios.mjs';
import { load, outcome, settled, type Bindings } from '../host/support.mjs';
import { compiled, FORMS, plugged, run, type Form } from './forms.mjs';

/** Scenarios that the plain wasmtime ends in its own way. */
const WASMTIME: Record<string, End | End[]> = {
  'rights-read-only': 0,
  // An engine may trap where its handles end, and does not say so before.
  many: [0, 'trap'],
  // The polyfill has no limit of its own: it takes memory for the pages that are stored.
  'memory-without-limit': WRONG,
  'search-1-gib': 0,
  'search-1-gib-backward': 0,
  'search-often': 0,
};

/** Scenarios that the forms end differently. */
const DIFFERENT: Record<string, Record<Form, End>> = {
  // Fused, there is no copy of the list in the polyfill, whose memory could end. The guest's `realloc` traps instead.
  'read-3-gib': { fused: 'trap', composed: NO_MEMORY },
};

const forms = suite('hostile, both forms in the plain wasmtime');
const paths = {} as Record<Form, string>;
let folder = '';

forms.before(() => {
  for (const form of FORMS) paths[form] = compiled(HOSTILE, form);
  folder = newFolder();
});
forms.after(() => rmSync(folder, { recursive: true }));

for (const scenario of Object.keys({ ...SCENARIOS, ...WASMTIME })) {
  forms(scenario, () => {
    const options = ['--dir', `${folder}::/`, '--dir', `${folder}::/read-only`];
    const ends = FORMS.map((form) => {
      writeFile(folder);
      const { end, error } = run(paths[form], options, [scenario]);
      const different = DIFFERENT[scenario]?.[form];
      const expected = [different ?? WASMTIME[scenario] ?? SCENARIOS[scenario]].flat();
      assert.ok(expected.includes(end), `${form} ended with ${end}, not ${String(expected)}: ${error}`);
      return end;
    });
    assert.is(ends[0] === ends[1], !(scenario in DIFFERENT), `the forms end with ${ends.join(' and ')}`);
  });
}

forms.run();

/** Scenarios that take long, and not through the bindings. */
const LONG = new Set(['many', 'large-needle']);
const WAYS: Bindings[] = ['hybrid', 'js'];

for (const bindings of WAYS) {
  const test = suite(`hostile, fused, in Node, ${bindings}`);
  let component = '';
  let place = '';

  test.before(() => {
    component = plugged(HOSTILE, 'fused');
    place = newFolder();
  });
  test.after(() => rmSync(place, { recursive: true }));

  const start = (scenario: string): Promise<() => void> => load(component, bindings, { '/': place }, [scenario]);

  for (const [scenario, expected] of Object.entries(SCENARIOS)) {
    if (bindings === 'js' && LONG.has(scenario)) continue;
    test(scenario, async () => {
      writeFile(place);
      await start('exit-while-mapped').then(outcome); // Code that is loaded once is not counted.
      const before = await settled();
      const got = outcome(await start(scenario));
      assert.ok([expected].flat().includes(got), `ended with ${got}, not ${String(expected)}`);
      assert.equal(await settled(), before);
    });
  }

  test('a guest that trapped takes nothing from the next one', async () => {
    assert.is(outcome(await start('trap-while-mapped')), 'trap');
    assert.is(outcome(await start('every-order')), 0);
  });

  test.run();
}
