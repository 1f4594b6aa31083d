// Published programs in Rust, unmodified: what they print, and the files that they write, are those of their native runs.
// others.mjs [PROGRAM...]; `make programs-test` runs it. It prints a table.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { HOSTS, printTable } from './hosts.mjs';

const BUILT = resolve('build/others');
const PROGRAMS = ['fst', 'b3sum', 'addr2line', 'index', 'tensors', 'osm'] as const;
type Program = (typeof PROGRAMS)[number];

/** A call of a program: its words, its input, and the file or folder that it writes. */
interface Call {
  readonly words: string[];
  readonly input?: string | Buffer;
  readonly writes?: string;
  /** Words with which the program for this machine prints what was written, where its bytes may differ. */
  readonly prints?: string[][];
  /** Why it cannot be as natively. If it is, that is an error. */
  readonly exception?: string;
}

const KEY = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
// fst hashes in 64 bits natively and in 32 here, so it finds other suffixes to share: the bytes differ, the content does not.
const PRINT_SET = [
  ['range', '--outputs', 'made.fst'],
  ['verify', 'made.fst'],
];
const QUERIES = [
  'athen; athen differencias; +athen -00339; "athen 00339"~20; "bacillusaltnamecd bhyabhaashata"; "00339 156"*; none; *',
  'kind:kind3; kind:[kind2 TO kind4]; number:[10 TO 20]; number:{100 TO *}; +kind:kind1 +number:[0 TO 50]; fuzzy=athn',
  'body:IN [athen differencias]; (athen OR akinesiadef) AND kind:kind0; athen^3 00339; fuzzy=x; regex=ath.*; regex=[b-d]a.',
].flatMap((some) => some.split('; '));
const SHOW_INDEX = [
  ['show', 'made'],
  ['search', 'made', ...QUERIES],
];

const FILES = ['words-10000', 'words-100000', 'empty', 'large'];
const SEEK =
  'where a seek before the start of a file fails, wasi-libc in Rust 1.95 leaves the position at the end, and b3sum asks so whether to map';

const CALLS: Record<Program, Call[]> = {
  fst: [
    ...['words-10000', 'words-100000'].flatMap((words): Call[] => [
      { words: ['set', '--sorted', '--force', words, 'made.fst'], writes: 'made.fst', prints: PRINT_SET },
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
    {
      words: ['union', 'words-10000.fst', 'words-100000.fst', 'made.fst', '--force'],
      writes: 'made.fst',
      prints: PRINT_SET,
    },
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
    { words: ['none', 'large'] },
    { words: ['--no-mmap', 'one'] },
    { words: ['one'], exception: SEEK },
    { words: ['none', 'one'], exception: SEEK },
    { words: ['.'] },
  ],
  addr2line: [
    { words: ['-e', 'program', '--all'] },
    { words: ['-e', 'program', '-f', '-i', '-C', '-p', '-a'], input: '@addresses' },
    { words: ['-e', 'program', '-f', '--llvm'], input: '@addresses' },
    { words: ['-e', 'words-10000', '0x10'] },
    { words: ['-e', 'empty', '0x10'] },
  ],
  index: [
    { words: ['make', 'made', 'words-10000', '0', '10'], writes: 'made', prints: SHOW_INDEX },
    { words: ['make', 'made', 'words-10000', '100', '3100'], writes: 'made', prints: SHOW_INDEX },
    { words: ['make', 'made', 'words-100000', '0', '3000'], writes: 'made', prints: SHOW_INDEX },
    { words: ['make', 'made', 'none', '0', '10'] },
    { words: ['merge', 'made', 'index-0', 'index-1', 'index-2'], writes: 'made', prints: SHOW_INDEX },
    { words: ['merge', 'made', 'index-2', 'index-0'], writes: 'made', prints: SHOW_INDEX },
    { words: ['show', 'index-0'] },
    { words: ['show', 'index-3'] },
    ...QUERIES.map((query) => ({ words: ['search', 'index-3', query] })),
    { words: ['search', 'index-3', ...QUERIES] },
    { words: ['search', 'index-0', 'number:word'] },
    { words: ['show', 'index-cut'] },
    { words: ['show', 'none'] },
    { words: ['threads', 'index-0'], exception: 'WASI 0.2 has no threads, and the IndexWriter of tantivy starts some' },
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
  for (const [at, [from, to]] of [
    [0, 500],
    [500, 1500],
    [1500, 4000],
  ].entries())
    native('index', 'make', `index-${at}`, 'words-10000', String(from), String(to));
  native('index', 'merge', 'index-3', 'index-0', 'index-1', 'index-2');
  cpSync(join(folder, 'index-1'), join(folder, 'index-cut'), { recursive: true });
  for (const name of readdirSync(join(folder, 'index-cut')).filter((file) => file.endsWith('.term'))) {
    truncateSync(join(folder, 'index-cut', name), 1000);
  }
  const sums = native('b3sum', ...FILES).stdout.toString();
  writeFileSync(join(folder, 'sums'), sums);
  writeFileSync(
    join(folder, 'wrong-sums'),
    sums.replace(/^./gm, (digit) => (digit === '0' ? '1' : '0')),
  );
  const all =
    native('addr2line', '-e', 'program', '--all', '-a')
      .stdout.toString()
      .match(/^0x[0-9a-f]+/gm) ?? [];
  const some = all.filter((_, at) => at % Math.ceil(all.length / 2000) === 0);
  assert.ok(some.length > 500, `${all.length} addresses`);
  writeFileSync(join(folder, 'addresses'), `${some.join('\n')}\n`);
}

/** How a program ended. Numbers of errors differ between systems, so messages are not compared where it failed. */
function endOf(program: Program, { writes, prints }: Call, { status, stdout, stderr }: ReturnType<typeof start>) {
  const written = writes === undefined ? undefined : join(folder, writes);
  const wrote =
    written === undefined || !existsSync(written)
      ? undefined
      : (prints?.map((words) => String(native(program, ...words).stdout)) ?? [
          readFileSync(written).toString('latin1'),
        ]);
  if (written !== undefined) rmSync(written, { recursive: true, force: true });
  return { failed: status !== 0, out: stdout.toString('latin1'), says: stderr.length > 0, wrote };
}

const table: Array<Record<string, string | number>> = [];

if (existsSync(join(BUILT, 'osm.wasm'))) {
  prepare();
  const chosen = process.argv.slice(2);
  for (const program of PROGRAMS.filter((name) => chosen.length === 0 || chosen.includes(name))) {
    const test = suite(program);
    const component = join(BUILT, `${program}.wasm`);
    const row: Record<string, string | number> = {
      program,
      calls: CALLS[program].filter(({ exception }) => exception === undefined).length,
    };
    table.push(row);

    test('it maps files', async () => {
      assert.match(await componentWit(readFileSync(component)), /import wasi-mmap:mmap\/span@0\.2\.0/);
    });

    for (const [host, command] of Object.entries(HOSTS)) {
      row[host] = 0;
      for (const call of CALLS[program]) {
        test(`${call.words.join(' ')}: ${host}`, () => {
          const expected = endOf(program, call, start([join(BUILT, program)], call));
          const ran = start([...command, '--dir', `${folder}::/`, component], call);
          const stderr = ran.stderr.toString().replace(/^wasi-mmap: translating .*\n/, '');
          const got = endOf(program, call, { ...ran, stderr: Buffer.from(stderr) });
          if (call.exception !== undefined) {
            assert.not.equal(got, expected, `it is as natively: ${call.exception}`);
            return;
          }
          if (JSON.stringify(got) !== JSON.stringify(expected)) {
            const show = (end: typeof got): string =>
              `${JSON.stringify({ ...end, out: '', wrote: end.wrote?.length })}\n${[end.out, ...(end.wrote ?? [])].map((text) => text.slice(0, 300)).join('\n')}`;
            assert.unreachable(`${stderr}${show(got)}\nbut natively\n${show(expected)}`);
          }
          row[host] = Number(row[host]) + 1;
        });
      }
    }
    test.run();
  }
  process.on('beforeExit', () => {
    if (table.length === 0) return;
    const total = table.reduce((sum, row) => sum + Number(row['calls']) * Object.keys(HOSTS).length, 0);
    const right = table
      .flatMap((row) => Object.keys(HOSTS).map((host) => Number(row[host])))
      .reduce((sum, count) => sum + count, 0);
    const ran = new Set(table.map(({ program }) => program));
    printTable(table.splice(0));
    for (const [program, calls] of Object.entries(CALLS).filter(([name]) => ran.has(name))) {
      for (const { words, exception } of calls)
        if (exception !== undefined) console.log(`${program} ${words.join(' ')}: ${exception}`);
    }
    console.log(`${right} passed, ${total - right} failed`);
  });
} else {
  console.log('skips published programs: this machine has no Rust with the target wasm32-wasip2');
  const test = suite('published programs in Rust');
  test('what is missing', () => assert.not(process.env['CI']));
  test.run();
}
