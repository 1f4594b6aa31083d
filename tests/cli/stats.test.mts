// `wasi-mmap run --stats` and `--stats-json`, of both commands: the figures are those of what the guest did.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HOSTILE, newFolder } from '../host/scenarios.mjs';
import { SPANS, UNIT, writeFiles } from '../host/spans.mjs';
import { COMMANDS, component, folder, refusal, start, type Command } from './command.mjs';

const VERBS = 'build/guests/c/verbs.wasm';
const FILES = newFolder();
const GRANT = ['--dir', `${FILES}::/`];
process.on('exit', () => rmSync(FILES, { recursive: true }));

type Figures = Record<string, unknown> & { pageFaults: { minor: number; major: number } | null };

let count = 0;
const newPath = (): string => join(folder, `stats-${(count += 1)}.json`);

/** The figures of a run, without those that differ from run to run. */
function figures(command: Command, grant: string[], ...words: string[]): Figures {
  const path = newPath();
  const { code, error } = start(command, ['run', '--stats-json', path, ...grant, ...words]);
  const { seconds, pageFaults, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as Figures;
  assert.is(rest['exitCode'], code, error);
  assert.ok((seconds as number) > 0 && (seconds as number) < 600, String(seconds));
  if (process.platform === 'win32') assert.is(pageFaults, null);
  else assert.ok(pageFaults && pageFaults.minor > 0 && pageFaults.major >= 0, JSON.stringify(pageFaults));
  return rest as Figures;
}

const NOTHING = {
  mappings: 0,
  peakMapped: 0,
  spans: 0,
  peakAttached: 0,
  bytesRead: 0,
  bytesWritten: 0,
  bytesStepped: 0,
  peakPrivateMemory: 0,
  faults: 0,
  unnoticedFaults: 0,
  noMemory: 0,
};

for (const [host, command] of Object.entries(COMMANDS)) {
  const test = suite(`stats, command for ${host}`);
  const refuses = refusal(command);

  test('wrong calls', () => {
    refuses(['run', '--stats-json'], /--stats-json needs a value/);
    refuses(['run', '--stats-json=', VERBS], /--stats-json needs a value/);
    refuses(['run', '--stats=x', VERBS], /unknown option: --stats=x/);
    for (const option of ['--stats', '--stats-json=-'])
      refuses(['run', option, '--no-native', VERBS], /figures are those of the native mapping: none with --no-native/);
    refuses(['serve', '--stats', VERBS], host === 'node' ? /use "serve" of the command/ : /unknown option: --stats/);
    refuses(['run', '--stats', 'no-such.wasm'], /no such file/);
  });

  test('nothing is written where nothing ran', async () => {
    const path = newPath();
    refuses(
      ['run', '--stats-json', path, await component('stats.wasm', '(component)')],
      /does not export wasi:cli\/run/,
    );
    assert.not.ok(existsSync(path));
  });

  test('a component that maps nothing', () => {
    const expected = { ...NOTHING, component: 'verbs.wasm', trapped: false };
    assert.equal(figures(command, [], VERBS, 'arguments'), { ...expected, exitCode: 0 });
  });

  test('mappings and copies are counted', () => {
    // Three mappings in each of the 24 orders in which four resources can be dropped; 108 reads of 4 bytes.
    const found = figures(command, GRANT, HOSTILE, 'every-order');
    assert.equal([found['exitCode'], found['mappings'], found['bytesRead'], found['bytesWritten']], [0, 72, 432, 0]);
    assert.ok((found['peakMapped'] as number) > 0 && (found['peakPrivateMemory'] as number) > 0);
    assert.equal([found['spans'], found['faults'], found['noMemory']], [0, 0, 0]);
  });

  test('a search counts the bytes that it went through', () => {
    assert.is(figures(command, GRANT, HOSTILE, 'search-1-gib')['bytesStepped'], 2 ** 30);
    assert.is(figures(command, GRANT, HOSTILE, 'search-1-gib-backward')['bytesStepped'], 2 ** 30);
  });

  test('errors of memory are counted', () => {
    const limit = 9 * 2 ** 17;
    const found = figures(command, ['--max-private-memory', String(limit), ...GRANT], HOSTILE, 'memory-of-the-host');
    const [errors, peak] = [found['noMemory'] as number, found['peakPrivateMemory'] as number];
    assert.ok(errors > 0 && peak <= limit && peak > limit / 2, JSON.stringify(found));
  });

  test('spans are counted, and faults of which the component was not told', () => {
    if (process.platform === 'win32') return; // There are none in Node.
    const own = join(folder, `spans-${host}`);
    mkdirSync(own);
    writeFiles(own);
    const grant = ['--dir', `${own}::/`];
    const pages = figures(command, grant, SPANS, 'pages', 'read');
    assert.ok((pages['spans'] as number) > 0 && (pages['peakAttached'] as number) % UNIT === 0, JSON.stringify(pages));
    assert.is(pages['unnoticedFaults'], 0);
    writeFiles(own);
    const lost = figures(command, grant, SPANS, 'lost-by:load', 'read');
    assert.equal([lost['trapped'], lost['exitCode']], [true, 134]);
    assert.ok((lost['faults'] as number) + (lost['unnoticedFaults'] as number) > 0, JSON.stringify(lost));
  });

  test('the figures go where the user wants them, after what the component wrote', () => {
    const words = ['run', '--stats', '--stats-json', '-', VERBS, 'arguments'];
    const { code, out, error } = start(command, words);
    assert.is(code, 0, error);
    const [first, second] = out.split('\n');
    assert.is(first, 'verbs.wasm');
    assert.is((JSON.parse(out.slice(out.indexOf('{'))) as Figures)['component'], 'verbs.wasm', second);
    assert.match(
      error,
      /^wasi-mmap: verbs\.wasm ended with exit code 0 after \d+\.\d{3} s\n {2}mapped {2}0 mappings, /,
    );
    assert.match(error, /\n {2}errors {2}0 faults, 0 calls without memory\n/);
    assert.ok(error.split('\n').length <= 9, 'a few lines');
  });

  test('a folder that is not there for the figures is an error', () => {
    const path = join(folder, 'no-such-folder', 'stats.json');
    refusal(command)(['run', '--stats-json', path, VERBS], /cannot write .*stats\.json/);
  });

  test.run();
}

const test = suite('stats of both commands');

test('both commands count the same', () => {
  const [first, ...others] = Object.values(COMMANDS);
  for (const scenario of ['every-order', 'search-1-gib', 'exit-while-mapped', 'read-3-gib', 'memory-without-limit']) {
    const expected = figures(first as Command, GRANT, HOSTILE, scenario);
    for (const other of others) assert.equal(figures(other, GRANT, HOSTILE, scenario), expected, scenario);
  }
  const limited = ['--max-private-memory', '1152k', ...GRANT];
  const expected = figures(first as Command, limited, HOSTILE, 'memory-of-the-host');
  for (const other of others) assert.equal(figures(other, limited, HOSTILE, 'memory-of-the-host'), expected);
});

test.run();
