// Spans in the command for Windows: all that its files allow. Wine 10 has placeholders, Wine 8 has none and so no spans.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lacksWine10, platforms } from '../tools/platforms.mjs';
import { wasmtimeOf } from '../tools/wasmtime.mjs';
import { ACCESSES, runArguments, SCENARIOS, writeFiles } from './spans.mjs';

const COMMAND = wasmtimeOf('win32', 'x64');
const windows = platforms.find(({ os }) => os === 'win32');

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

let folder = '';

interface Run {
  scenario: string;
  access: string;
}

/** The end of each run, or the check that failed. One cmd.exe starts them all, because Wine is slow to start. */
function endsOf(version: string, runs: Run[]): Array<number | string> {
  writeFiles(folder);
  renameSync(`${folder}/file`, `${folder}/new`);
  const dos = (path: string): string => path.replaceAll('/', '\\');
  const lines = runs.flatMap(({ scenario, access }, index) => [
    `copy /y ${dos(`${folder}/new`)} ${dos(`${folder}/file`)} >nul`,
    `${dos(COMMAND)} ${runArguments(folder, scenario, access).join(' ')} >${dos(`${folder}/${index}.txt`)} 2>&1`,
    `echo ended with %errorlevel%>>${dos(`${folder}/${index}.txt`)}`,
  ]);
  writeFileSync(`${folder}/all.cmd`, ['@echo off', ...lines, ''].join('\r\n'));
  const { stdout } = spawnSync('tests/tools/wine.sh', ['cmd.exe', '/c', dos(`${folder}/all.cmd`)], {
    encoding: 'utf8',
    env: { ...process.env, WINE_VERSION: version },
  });
  return runs.map((_, index) => {
    const file = `${folder}/${index}.txt`;
    const output = existsSync(file) ? readFileSync(file, 'utf8') : stdout;
    const code = Number(/^ended with (-?\d+)/m.exec(output)?.[1]);
    if (code === 134 && /^wasi-mmap: spans\.wasm trapped: /m.test(output)) return 'trap';
    return code === 0 ? 0 : (/^line \d+: not so: (.*?)\s*$/m.exec(output)?.[1] ?? output);
  });
}

/** All accesses of these scenarios. */
const runsOf = (scenarios: string[]): Run[] =>
  scenarios.flatMap((scenario) => ACCESSES.map((access) => ({ scenario, access })));

function suiteOn(
  name: string,
  version: string,
  missing: string | undefined,
  expected: Record<string, number | string>,
): void {
  const test = suite(name);
  if (missing !== undefined) {
    console.log(`skips ${name}: this machine has ${missing}`);
    if (process.env['CI']) test(name, () => assert.unreachable(missing));
    else test('is skipped', () => {});
    test.run();
    return;
  }
  const runs = runsOf(Object.keys(expected));
  let ends: Array<number | string> = [];
  test.before(() => {
    folder = mkdtempSync(join('build', 'spans-'));
    ends = endsOf(version, runs);
  });
  test.after(() => rmSync(resolve(folder), { recursive: true }));
  runs.forEach(({ scenario, access }, index) => {
    const refused = REFUSED[scenario];
    test(`${scenario} ${access}${refused === undefined ? '' : ': Windows refuses'}`, () => {
      if (refused === undefined) assert.is(ends[index], expected[scenario]);
      else assert.ok(String(ends[index]).startsWith(refused), String(ends[index]));
    });
  });
  test.run();
}

const lacksCommand = existsSync(COMMAND) ? undefined : `no ${COMMAND} (make windows)`;
const lacksWine = windows ? windows.missing : 'no Windows to run it on';

suiteOn('spans, wasmtime on Windows', '10', lacksCommand ?? lacksWine10, { ...SCENARIOS, unaware: 0 });
suiteOn('no spans, where Windows has no placeholders', '', lacksCommand ?? lacksWine, { none: 0 });
