// Spans in the command for Windows: all that its files allow. Wine 10 has placeholders, Wine 8 has none and so no spans.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { endOf, runAll, windowsSuite, type Ended, type Wine } from '../tools/wine.mjs';
import { runArguments, runsOf, SCENARIOS, writeFiles } from './spans.mjs';

/** What a scenario needs that Windows refuses: the check that fails there. */
const REFUSED: Readonly<Record<string, string>> = {
  lost: 'cut(4096 + 5) == 0',
  'lost-by:load': 'cut(0) == 0',
  'lost-by:store': 'cut(0) == 0',
  'lost-by:copy-from': 'cut(0) == 0',
  'lost-by:copy-to': 'cut(0) == 0',
  'lost-by:fill': 'cut(0) == 0',
  'lost-by:host-writes': 'cut(0) == 0',
  'lost-by:host-reads': 'cut(0) == 0',
  grows: 'wmmap_map_posix(',
  unaware: 'cut(UNIT) == 0',
};

/** The end of a run, or the check that failed. */
const checked = (ended: Ended): number | string =>
  /^line \d+: not so: (.*?)\s*$/m.exec(ended.out + ended.error)?.[1] ?? endOf(ended);

function spans(name: string, wine: Wine, expected: Record<string, number | string>): void {
  const runs = runsOf(Object.keys(expected)); // Each page is a message to Wine's server.
  windowsSuite(name, wine, (test) => {
    let ends: Ended[] = [];
    test.before(() => {
      const folder = mkdtempSync(join('build', 'spans-'));
      const words = runs.map(({ scenario, access }, index) => {
        const own = join(folder, `${index}`);
        mkdirSync(own);
        writeFiles(own);
        return runArguments(own, scenario, access);
      });
      ends = runAll(wine, words);
      rmSync(folder, { recursive: true });
    });
    runs.forEach(({ scenario, access }, index) => {
      const refused = REFUSED[scenario];
      test(`${scenario} ${access}${refused === undefined ? '' : ': Windows refuses'}`, () => {
        const ended = ends[index] as Ended;
        const end = checked(ended);
        if (refused === undefined) assert.is(end, expected[scenario], ended.out + ended.error);
        else assert.ok(String(end).startsWith(refused), `${end}: ${ended.out}${ended.error}`);
      });
    });
  });
}

const { large: _, ...small } = SCENARIOS; // 1 GiB of placeholders take Wine's server minutes.
spans('spans, wasmtime on Windows', 'spans', { ...small, unaware: 0 });
spans('no spans, where Windows has no placeholders', 'no spans', { none: 0 });
