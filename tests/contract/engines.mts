/**
 * Prints what runs plugged components, beside the engines of other tests: mgrep in C and in Rust, and the vectors through the
 * runner in C, each with the polyfill fused and composed. `.build/setup.sh engines` brings the engines.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { findChromium } from '../browser/chromium.mjs';
import { browser } from '../browser/columns.mjs';
import { findEngines, findService, findWamr, type Engine } from './engine-commands.mjs';
import { Guest } from './guest.mjs';
import { run } from './runner.mjs';
import { runAll, type Column } from './targets.mjs';
import { loadVectors } from './vectors.mjs';

const FORMS = ['fused', 'composed'] as const;
type Form = (typeof FORMS)[number];

const vectors = [...loadVectors().values()].flat();
const folder = 'build/engines';
const missing: string[] = [];
let failed = 0;

/** Every component in both forms, and the file that mgrep searches: matches are far apart, between them are full windows. */
function prepare(): string[] {
  mkdirSync(`${folder}/data`, { recursive: true });
  for (const form of FORMS) {
    for (const [name, guest] of Object.entries({
      'mgrep-c': 'c/mgrep',
      'mgrep-rust': 'rust/mgrep',
      contract: 'c/contract',
    })) {
      const words = ['plug', ...(form === 'composed' ? ['--compose'] : []), `build/guests/${guest}.wasm`];
      started(process.execPath, ['dist/cli/main.mjs', ...words, '-o', `${folder}/${name}.${form}.wasm`]);
    }
  }
  const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index}${index % 9973 === 7 ? ' ERROR' : ''}`);
  writeFileSync(`${folder}/data/log`, `${lines.join('\n')}\n`);
  return lines.flatMap((line, index) => (line.endsWith('ERROR') ? [`${index + 1}:${line}`] : []));
}

function started(program: string, words: string[]): void {
  const { status, stderr, error } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${error?.message ?? stderr}`);
}

const expected = prepare();

/** The shortest thing to say about what did not work. */
const brief = (text: string): string =>
  text
    .split('\n')
    .filter((line) => /\S/.test(line))
    .slice(-3)
    .join(' | ')
    .slice(0, 300);

function mgrep({ command }: Engine, language: string, form: Form): string | undefined {
  const component = `${folder}/mgrep-${language}.${form}.wasm`;
  const [program = '', ...words] = command([`${resolve(folder, 'data')}::/`], component);
  const { status, stdout, stderr, error } = spawnSync(program, [...words, '-n', 'ERROR', '/log'], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (status === 0 && stdout === `${expected.join('\n')}\n`) return undefined;
  return brief(error?.message ?? (stderr || `ended with ${status}, and printed ${stdout}`));
}

/** The counts of a column, with the first failures on lines of their own. */
async function count(column: Column, who: string): Promise<string> {
  const counts = { passed: 0, failed: 0, 'expected failure': 0, skipped: 0 };
  for await (const [{ name }, { state, detail }] of runAll(column, vectors)) {
    counts[state] += 1;
    if (state === 'failed' && counts.failed <= 5) console.log(`FAILED ${who}, ${name}: ${detail.slice(0, 300)}`);
  }
  failed += counts.failed;
  return `${counts.passed} / ${counts.failed + counts['expected failure']} / ${counts.skipped}`;
}

function columnOf({ name, host, command }: Engine, form: Form): Column {
  const guest = new Guest(command(['build::/', '/dev::/dev'], `${folder}/contract.${form}.wasm`));
  return {
    name,
    language: 'c',
    host,
    os: process.platform,
    arch: process.arch,
    run: (vector, path) => run((file, spec) => guest.open(file, spec), vector, path),
    close: () => guest.close(),
  };
}

const table: string[][] = [
  ['engine', 'version', 'form', 'mgrep in C', 'mgrep in Rust', 'vectors, C: passed / failed / skipped'],
];

function told(who: string, difference: string | undefined): string {
  if (difference === undefined) return 'right';
  console.log(`FAILED ${who}: ${difference}`);
  failed += 1;
  return 'wrong';
}

function add(...cells: string[]): void {
  table.push(cells);
  console.log(cells.join(', '));
}

/** wasmCloud runs a command as a service: it passes no words and has no standard input, so the words are composed with it. */
async function inService({ version, program }: { version: string; program: string }): Promise<void> {
  for (const form of FORMS) {
    const cells: string[] = [];
    for (const language of ['c', 'rust']) {
      const project = mkdtempSync(resolve('build', 'wash-'));
      try {
        cells.push(told(`wasmCloud, mgrep in ${language}, ${form}`, await service(program, project, language, form)));
      } finally {
        rmSync(project, { recursive: true, force: true });
      }
    }
    add('wasmCloud (wash)', version, form, ...cells, 'a service has no standard input');
  }
}

async function service(program: string, project: string, language: string, form: Form): Promise<string | undefined> {
  const tools = 'build/venv/bin/wasm-tools';
  started(tools, ['parse', 'tests/contract/guests/arguments.wat', '-o', `${project}/arguments.wasm`]);
  const parts = ['-d', `${project}/arguments.wasm`, `${folder}/mgrep-${language}.${form}.wasm`];
  started(tools, ['compose', ...parts, '-o', `${project}/service.wasm`]);
  mkdirSync(`${project}/.wash`);
  const built = { command: 'true', component_path: 'service.wasm' };
  const volumes = [{ host_path: resolve(folder, 'data'), guest_path: '/' }];
  const dev = { ...built, address: '127.0.0.1:0', service: true, volumes };
  writeFileSync(`${project}/.wash/config.yaml`, JSON.stringify({ version: '0.1', build: built, dev }));
  // It writes below HOME.
  const child = spawn(program, ['-l', 'error', '--non-interactive', 'dev'], {
    cwd: project,
    env: { PATH: process.env['PATH'], HOME: project },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, complaints] = ['', ''];
  child.stderr.on('data', (data) => (complaints += data));
  const seen = `${expected.join('\n')}\n`;
  await new Promise<void>((done) => {
    const timer = setTimeout(done, 60_000);
    child.stdout.on('data', (data) => {
      output += data;
      if (output.length >= seen.length) done();
    });
    child.on('error', (error) => (complaints += error.message));
    child.on('close', () => done());
    timer.unref();
  });
  child.kill('SIGKILL');
  return output === seen ? undefined : brief(`${complaints}\nit printed ${output}`);
}

/** WAMR's loader of components has no destructors of resources, which every mapping has. */
function refused({ version, program }: { version: string; program: string }): void {
  for (const form of FORMS) {
    const component = `${folder}/mgrep-c.${form}.wasm`;
    const { status, stderr, stdout } = spawnSync(program, ['compile-component', component], { encoding: 'utf8' });
    const said = (stderr || stdout).trim().split('\n').at(-1) ?? '';
    if (status === 0) told('WAMR', 'takes the component now: run it as the others');
    add('WAMR (wamrc)', version, form, 'refused', 'refused', said);
  }
}

const words = process.argv.slice(2);
const wanted = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word));

for (const engine of findEngines().filter(({ name, version }) => wanted(`${name} ${version}`))) {
  const { name, version } = engine;
  if (engine.missing !== undefined) {
    missing.push(`${name} ${version}: ${engine.missing}`);
    continue;
  }
  for (const form of FORMS) {
    const greps = ['c', 'rust'].map((language) =>
      told(`${name} ${version}, mgrep in ${language}, ${form}`, mgrep(engine, language, form)),
    );
    add(name, version, form, ...greps, await count(columnOf(engine, form), `${name} ${version}, ${form}`));
  }
}

if (wanted('Chromium')) {
  const executable = findChromium();
  const said = executable === undefined ? '' : spawnSync(executable, ['--version'], { encoding: 'utf8' }).stdout;
  const version = /[\d.]+/.exec(said)?.[0] ?? '';
  for (const form of FORMS) {
    const column = browser(`c-${form}`);
    if (column.missing !== undefined) missing.push(`Chromium: this machine has ${column.missing}`);
    else add('jco in Chromium', version, form, 'no words', 'no words', await count(column, `Chromium, ${form}`));
  }
}

const wash = findService();
if (wanted('wasmCloud')) {
  if (wash) await inService(wash);
  else missing.push('wasmCloud: this machine does not have it');
}
const wamr = findWamr();
if (wanted('WAMR')) {
  if (wamr) refused(wamr);
  else missing.push('WAMR: this machine does not have it');
}

const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
for (const row of table)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
for (const line of missing) console.log(`SKIPPED ${line}`);
if (process.env['CI']) failed += missing.length;
console.log(`${table.length - 1} rows, ${failed} failed`);
process.exitCode = failed > 0 || table.length === 1 ? 1 : 0;
