// Published programs in Rust, unmodified: what they print, and the files that they write, are those of their native runs.
// `make programs-test` runs it; it prints a table.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const BUILT = resolve('build/others');
const PROGRAMS = ['fst', 'b3sum', 'addr2line', 'tensors', 'osm'] as const;
type Program = (typeof PROGRAMS)[number];

const HOSTS: Record<string, string[]> = {
  'node, spans': [process.execPath, resolve('dist/cli/main.mjs'), 'run'],
  'node, polyfill': [process.execPath, resolve('dist/cli/main.mjs'), 'run', '--no-native'],
  'wasmtime, spans': [resolve('build/wasmtime/wasi-mmap'), 'run'],
  'wasmtime, polyfill': [resolve('build/wasmtime/wasi-mmap'), 'run', '--no-native'],
};

/** A call of a program: its words, its input, and the files that it writes. */
interface Call {
  readonly words: string[];
  readonly input?: string | Buffer;
  readonly writes?: string;
}

const KEY = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
const FILES = ['words-10000', 'words-100000', 'empty', 'one', 'large'];

const CALLS: Record<Program, Call[]> = {
  fst: [
    ...['words-10000', 'words-100000'].flatMap((words): Call[] => [
      { words: ['set', '--sorted', '--force', words, 'made.fst'], writes: 'made.fst' },
      { words: ['verify', `${words}.fst`] },
      { words: ['range', `${words}.fst`] },
      { words: ['range', `${words}.fst`, '-s', 'bar', '-e', 'foo'] },
      { words: ['range', '--outputs', `${words}.fst`, '-s', 'x'] },
      { words: ['grep', `${words}.fst`, '[a-c].*ing'] },
      { words: ['grep', '-o', `${words}.fst`, '.*q[^u].*'] },
      { words: ['fuzzy', `${words}.fst`, 'aligator', '-d', '2'] },
      { words: ['fuzzy', '--prefix', `${words}.fst`, 'bana', '-d', '1'] },
      { words: ['dupes', `${words}.fst`] },
      { words: ['csv', 'nodes', `${words}.fst`] },
      { words: ['csv', 'edges', `${words}.fst`] },
      { words: ['dot', `${words}.fst`] },
    ]),
    { words: ['union', 'words-10000.fst', 'words-100000.fst', 'both.fst', '--force'], writes: 'both.fst' },
    { words: ['range', 'empty'] },
    { words: ['range', 'one'] },
    { words: ['range', 'none'] },
  ],
  b3sum: [
    ...FILES.flatMap((file): Call[] => [
      { words: [file] },
      { words: ['--no-mmap', file] },
      { words: ['--length', '1000', '--seek', '77', file] },
      { words: ['--derive-key', 'tests of maps', '--no-names', file] },
      { words: ['--keyed', file], input: KEY },
    ]),
    { words: FILES },
    { words: ['--tag', '--num-threads', '1', ...FILES] },
    { words: ['--raw', 'large'] },
    { words: ['--check', 'sums'] },
    { words: ['--check', 'wrong-sums'] },
    { words: [], input: 'from standard input' },
    { words: ['none', 'one'] },
    { words: ['.'] },
  ],
  addr2line: [
    { words: ['-e', 'program', '--all'] },
    { words: ['-e', 'program', '-f', '-i', '-C', '-p', '-a'], input: '@addresses' },
    { words: ['-e', 'program', '-f', '--llvm'], input: '@addresses' },
    { words: ['-e', 'words-10000', '0x10'] },
    { words: ['-e', 'empty', '0x10'] },
  ],
  tensors: [
    { words: ['make', 'made.safetensors'], writes: 'made.safetensors' },
    { words: ['show', 'tensors'] },
    { words: ['show', 'words-10000'] },
    { words: ['show', 'empty'] },
    { words: ['show', 'cut'] },
  ],
  osm: [{ words: ['PBF'] }, { words: ['cut.pbf'] }, { words: ['words-10000'] }],
};

const folder = mkdtempSync(resolve('build', 'others-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function start(command: string[], { words, input }: Call) {
  const [program = '', ...before] = command;
  const given = input === '@addresses' ? readFileSync(join(folder, 'addresses')) : (input ?? '');
  const files = words.flatMap((word) =>
    word === 'PBF'
      ? readdirSync(folder)
          .filter((name) => name.endsWith('.osm.pbf'))
          .sort()
      : [word],
  );
  return spawnSync(program, [...before, ...files], { cwd: folder, input: given, maxBuffer: 1 << 30 });
}

const native = (program: Program, ...words: string[]) => start([join(BUILT, program)], { words });

/** Makes the files that the programs read. */
function prepare(): void {
  for (const name of readdirSync(join(BUILT, 'data'))) copyFileSync(join(BUILT, 'data', name), join(folder, name));
  writeFileSync(join(folder, 'empty'), '');
  writeFileSync(join(folder, 'one'), '1');
  const large = Buffer.alloc((9 << 20) + 12_345);
  for (let at = 0; at < large.length; at += 1) large[at] = (at * 2_654_435_761) >>> 24;
  writeFileSync(join(folder, 'large'), large);
  copyFileSync(join(BUILT, 'tensors'), join(folder, 'program'));
  for (const words of ['words-10000', 'words-100000']) native('fst', 'set', '--sorted', words, `${words}.fst`);
  native('tensors', 'make', 'tensors');
  writeFileSync(join(folder, 'cut'), readFileSync(join(folder, 'tensors')).subarray(0, 20_000));
  writeFileSync(join(folder, 'cut.pbf'), readFileSync(join(folder, 'loc_on_ways.osm.pbf')).subarray(0, 200));
  const sums = native('b3sum', ...FILES).stdout.toString();
  writeFileSync(join(folder, 'sums'), sums);
  writeFileSync(
    join(folder, 'wrong-sums'),
    sums.replace(/^./gm, (digit) => (digit === '0' ? '1' : '0')),
  );
  const all =
    native('addr2line', '-e', 'program', '--all')
      .stdout.toString()
      .match(/^0x[0-9a-f]+/gm) ?? [];
  const some = all.filter((_, at) => at % Math.ceil(all.length / 2000) === 0);
  assert.ok(some.length > 500, `${all.length} addresses`);
  writeFileSync(join(folder, 'addresses'), `${some.join('\n')}\n`);
}

/** How a program ended. Numbers of errors differ between systems, so messages are not compared where it failed. */
function endOf(call: Call, { status, stdout, stderr }: ReturnType<typeof start>) {
  const written = call.writes === undefined ? undefined : join(folder, call.writes);
  const file = written === undefined || !existsSync(written) ? undefined : readFileSync(written).toString('latin1');
  if (written !== undefined) rmSync(written, { force: true });
  return { failed: status !== 0, out: stdout.toString('latin1'), says: stderr.length > 0, file };
}

const table: Array<Record<string, string | number>> = [];

if (existsSync(join(BUILT, 'osm.wasm'))) {
  prepare();
  for (const program of PROGRAMS) {
    const test = suite(program);
    const component = join(BUILT, `${program}.wasm`);
    const row: Record<string, string | number> = { program, calls: CALLS[program].length };
    table.push(row);

    test('it maps files', async () => {
      assert.match(await componentWit(readFileSync(component)), /import wasi-mmap:mmap\/span@0\.2\.0/);
    });

    for (const [host, command] of Object.entries(HOSTS)) {
      row[host] = 0;
      for (const call of CALLS[program]) {
        test(`${call.words.join(' ')}: ${host}`, () => {
          const expected = endOf(call, start([join(BUILT, program)], call));
          const ran = start([...command, '--dir', `${folder}::/`, component], call);
          const stderr = ran.stderr.toString().replace(/^wasi-mmap: translating .*\n/, '');
          const got = endOf(call, { ...ran, stderr: Buffer.from(stderr) });
          assert.ok(
            got.out === expected.out,
            `${stderr}${got.out.slice(0, 300)}\nbut natively\n${expected.out.slice(0, 300)}`,
          );
          assert.equal({ ...got, out: '' }, { ...expected, out: '' }, stderr);
          row[host] = Number(row[host]) + 1;
        });
      }
    }
    test.run();
  }
  process.on('beforeExit', () => {
    if (table.length > 0) console.table(table.splice(0));
  });
} else {
  console.log('skips published programs: this machine has no Rust with the target wasm32-wasip2');
  const test = suite('published programs in Rust');
  test('what is missing', () => assert.not(process.env['CI']));
  test.run();
}
