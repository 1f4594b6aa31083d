/**
 * Published programs in C, unmodified: each sequence of calls runs natively and as a component, in a folder of its own.
 * What every call prints, how it ends, and the files that are there at the end are compared.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const BUILT = resolve('build/published');

export const HOSTS = {
  'node, spans': [process.execPath, resolve('dist/cli/main.mjs'), 'run'],
  'node, polyfill': [process.execPath, resolve('dist/cli/main.mjs'), 'run', '--no-native'],
  'wasmtime, spans': [resolve('build/wasmtime/wasi-mmap'), 'run'],
  'wasmtime, polyfill': [resolve('build/wasmtime/wasi-mmap'), 'run', '--no-native'],
} as const;
export type Host = keyof typeof HOSTS;

/** A call: the program and its words, and its input. Words are split at spaces where they are one string. */
interface Call {
  readonly words: readonly string[];
  readonly input?: string | Buffer;
}

const call = (words: string | string[], input?: string | Buffer): Call => ({
  words: typeof words === 'string' ? words.split(' ') : words,
  ...(input === undefined ? {} : { input }),
});

interface Published {
  readonly prepare?: (folder: string) => void;
  readonly calls: () => Call[];
}

/** Numbers that look random, and are always the same. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed >>> 0; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

/** Text that compresses. */
function prose(seed: number, length: number): string {
  const words = ['map', 'page', 'file', 'offset', 'store', 'span', 'guest', 'host', 'of', 'the', 'a', 'past', 'end'];
  const random = numbers(seed);
  let text = '';
  while (text.length < length) {
    const number = random.next().value;
    text += `${words[number % words.length]}${number % 31 === 0 ? `${number}\n` : ' '}`;
  }
  return text.slice(0, length);
}

const record = (key: string, value: string): string => `+${key.length},${value.length}:${key}->${value}\n`;

const some = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('');

/** The sequences of tinycdb's tests.sh, and a larger file. */
const tinycdb: Published = {
  calls: () => {
    const simple = `+3,4:one->here\n+1,1:a->b\n+1,3:b->abc\n+3,4:one->also\n\n`;
    const repeated = `${some(600, (at) => record('a', String(at).padStart(3, '0')))}${record('b', 'other')}\n`;
    const large = `${some(20_000, (at) => record(`key ${at}`, prose(at, at % 300)))}\n`;
    return [
      call('cdb -c 1.cdb', simple),
      ...['-d 1.cdb', '-l 1.cdb', '-d -m 1.cdb', '-s 1.cdb', '-q 1.cdb one', '-q -m 1.cdb one'].map((words) =>
        call(`cdb ${words}`),
      ),
      ...['-q -n 2 1.cdb one', '-q -n 3 1.cdb one', '-q 1.cdb none', '-q none.cdb one'].map((words) =>
        call(`cdb ${words}`),
      ),
      call('cdb -c 2.cdb', repeated),
      ...['-s 2.cdb', '-q 2.cdb b', '-q -n 600 2.cdb a', '-d 2.cdb'].map((words) => call(`cdb ${words}`)),
      ...['w', 'e', 'r', 'u', '0'].flatMap((how) => [
        call(`cdb -c -${how} ${how}.cdb`, simple),
        call(`cdb -d ${how}.cdb`),
      ]),
      call('cdb -c bad.cdb', '+123456789012,1:'),
      call('cdb -c bad.cdb', '+1,123456789012:'),
      call('cdb -c bad.cdb', '+10,10:'),
      call('cdb -c lines.cdb', '+2,2:a\n->b\n\n\n'),
      call(['cdb', '-q', 'lines.cdb', 'a\n']),
      call('cdb -c -m words.cdb', 'one 1\ntwo\t2\nthree 3\n'),
      call('cdb -d words.cdb'),
      call('cdb -c -t - large.cdb', large),
      ...['-s large.cdb', '-d large.cdb', '-l large.cdb', '-q large.cdb none'].map((words) => call(`cdb ${words}`)),
      ...[0, 1, 7, 9_999, 19_999].map((at) => call(['cdb', '-q', 'large.cdb', `key ${at}`])),
      call('cdb -c empty.cdb', '\n'),
      call('cdb -d empty.cdb'),
      call('cdb -q nothing one'),
      call('cdb -s cut.cdb'),
      call('cdb -q cut.cdb one'),
    ];
  },
  prepare: (folder) => {
    writeFileSync(join(folder, 'nothing'), '');
    writeFileSync(join(folder, 'cut.cdb'), Buffer.alloc(2048, 0x7f));
  },
};

/**
 * Those of gdbm's own tests that need neither locks nor processes, with maps of several sizes and without. A part of the file is
 * mapped only where blocks are pages: else gdbm goes wrong, on Linux with pages of 64 KiB too.
 */
const gdbm: Published = {
  calls: () => {
    const line = (key: number, value: string): string => `${key}\t${value.replaceAll('\n', ',')}.\n`;
    const counted = (until: number): string => some(until, (at) => line(at + 1, prose(at, 5 + (at % 60))));
    return [
      ...['', '-nommap ', '-blocksize=4096 ', '-blocksize=65536 -maxmap=131072 ', '-sync '].flatMap((how, at) => [
        call(`gtload -nolock ${how}${at}.db`, counted(how === '-sync ' ? 100 : 3000)),
        call(`gtdump -nolock ${at}.db`),
        call(`gtdump -nolock -nommap ${at}.db`),
        call(`gtfetch -nolock ${at}.db 1 45 99 2745`),
        call(`gtfetch -nolock ${at}.db 0`),
        call(`gtdel -nolock ${at}.db 8`),
        call(`gtdel -nolock ${at}.db 8`),
        call(['gtdel', '-nolock', `${at}.db`, ...Array.from({ length: 80 }, (_, i) => String(i + 10))]),
        call(
          `gtload -nolock ${how}-replace ${at}.db`,
          some(90, (i) => line(i + 5, `other ${prose(i, 900)}`)),
        ),
        call(`gtfetch -nolock ${at}.db 5 9 94 95`),
        call(`gtrecover -nolock -verbose ${at}.db`),
        call(`gtdump -nolock ${at}.db`),
      ]),
      call('gtload -nolock -blocksize=518 -clear -verbose small.db', counted(1000)),
      call('gtload -nolock -blocksize=1025 -clear -verbose small.db', counted(1000)),
      call('gtload -nolock -blocksize=1024 -bsexact -clear -verbose small.db', counted(1000)),
      call('gtload -nolock -blocksize=1025 -bsexact -clear -verbose small.db'),
      call('gtopt -nolock small.db !MMAP'),
      call('gtopt -nolock small.db MMAP'),
      call('gtdump -nolock none.db'),
      call('gtdump -nolock nothing'),
      call('gtdump -nolock wrong'),
      call('num2word 1:300'),
    ];
  },
  prepare: (folder) => {
    writeFileSync(join(folder, 'nothing'), '');
    writeFileSync(join(folder, 'wrong'), prose(1, 9000));
  },
};

/** Dictionaries by --mmap-dict and read, levels, streams, and the files of zstd's own tests. */
const zstd: Published = {
  prepare: (folder) => {
    const tests = join(BUILT, 'zstd-tests');
    for (const name of ['golden-decompression', 'golden-decompression-errors', 'golden-compression'])
      cpSync(join(tests, name), join(folder, name), { recursive: true });
    cpSync(join(tests, 'golden-dictionaries/http-dict-missing-symbols'), join(folder, 'http-dict'));
    mkdirSync(join(folder, 'samples'));
    for (let at = 0; at < 200; at += 1) writeFileSync(join(folder, 'samples', String(at)), prose(at, 600 + at));
    writeFileSync(join(folder, 'large'), prose(7, 3_000_000));
    writeFileSync(
      join(folder, 'newer'),
      `${prose(7, 1_500_000)} in the middle ${prose(7, 3_000_000).slice(1_500_000)}`,
    );
    writeFileSync(join(folder, 'nothing'), '');
  },
  calls: () => {
    const files = (folder: string): string[] => readdirSync(join(BUILT, 'zstd-tests', folder)).sort();
    return [
      call([
        'zstd',
        '-q',
        '--train',
        ...Array.from({ length: 200 }, (_, at) => `samples/${at}`),
        '-o',
        'dict',
        '--maxdict=8192',
      ]),
      ...['--mmap-dict', '--no-mmap-dict'].flatMap((how) => [
        ...[1, 3, 19].flatMap((level) => [
          call(`zstd -q -f -${level} ${how} -D dict samples/3 -o out${level}${how}.zst`),
          call(`zstd -q -d -c ${how} -D dict out${level}${how}.zst`),
        ]),
        call(`zstd -q -f ${how} -D http-dict golden-compression/http -o http${how}.zst`),
        call(`zstd -q -t ${how} -D http-dict http${how}.zst`),
        call(`zstd -q -t ${how} -D dict http${how}.zst`),
        call(`zstd -q -t http${how}.zst`),
        call(`zstd -q ${how} -D none large`),
        call(`zstd -q ${how} -D nothing -c samples/5`),
        call(`zstd -q -f ${how} -D dict -c`, prose(3, 10_000)),
        call(`zstd -q -f ${how} --patch-from=large newer -o patch${how}.zst`),
        call(`zstd -q -f -d ${how} --patch-from=large patch${how}.zst -o newer${how}`),
      ]),
      ...[1, 5, 9, 19].flatMap((level) => [
        call(`zstd -q -f -${level} large -o ${level}.zst`),
        call(`zstd -q -f -d ${level}.zst -o large${level}`),
      ]),
      call('zstd -q -f --long=24 --check large -o long.zst'),
      call('zstd -q -l long.zst 1.zst'),
      call('zstd -q -f --rsyncable --no-check nothing -o nothing.zst'),
      ...files('golden-decompression').map((file) => call(`zstd -q -d -c golden-decompression/${file}`)),
      ...files('golden-decompression-errors').map((file) => call(`zstd -q -t golden-decompression-errors/${file}`)),
      ...files('golden-compression').map((file) => call(`zstd -q -c golden-compression/${file}`)),
      call('zstd -q -t nothing'),
      call('zstd -q -d -c', prose(4, 100)),
      call('zstd -q none'),
    ];
  },
};

/** libmagic maps its compiled patterns. The files of its own tests, and a few that are made here. */
const file: Published = {
  prepare: (folder) => {
    cpSync(join(BUILT, 'file-tests/tests'), join(folder, 'tests'), { recursive: true });
    cpSync(join(BUILT, 'file-tests/Magdir'), join(folder, 'magic'), { recursive: true });
    mkdirSync(join(folder, 'made'));
    writeFileSync(join(folder, 'made/nothing'), '');
    writeFileSync(join(folder, 'made/text'), prose(1, 70_000));
    writeFileSync(join(folder, 'made/zeros'), Buffer.alloc(70_000));
    writeFileSync(join(folder, 'made/script'), '#!/usr/bin/env python3\nprint(1)\n');
    cpSync(join(BUILT, 'cdb'), join(folder, 'made/program'));
    cpSync(join(BUILT, 'cdb.wasm'), join(folder, 'made/component'));
    writeFileSync(join(folder, 'list'), 'made/text\nmade/program\n');
    writeFileSync(join(folder, 'wrong.mgc'), Buffer.alloc(40_000, 1));
  },
  calls: () => {
    const tests = readdirSync(join(BUILT, 'file-tests/tests'))
      .filter((name) => name.endsWith('.testfile'))
      .sort()
      .map((name) => `tests/${name}`);
    const made = ['nothing', 'text', 'zeros', 'script', 'program', 'component'].map((name) => `made/${name}`);
    return [
      call('file -C -m magic'),
      ...[[], ['-i'], ['-k'], ['--extension'], ['-b', '-r'], ['--apple'], ['-P', 'bytes=4096'], ['-e', 'soft']].map(
        (options) => call(['file', '-m', 'magic.mgc', ...options, ...tests]),
      ),
      ...[[], ['-i'], ['-0', '-F', '='], ['--mime-encoding']].map((options) =>
        call(['file', '-m', 'magic.mgc', ...options, ...made, 'made', 'none']),
      ),
      call('file -m magic.mgc -E none'),
      call('file -m magic.mgc -f list'),
      call('file -m magic.mgc -', prose(2, 5000)),
      call('file -m wrong.mgc made/text'),
      call('file -m nowhere.mgc made/text'),
      call('file -m tests/regex-eol.magic tests/regex-eol.testfile'),
      call('file -m tests/multiple-A.magic:tests/multiple-B.magic -k tests/multiple.testfile'),
      call('file -c -m tests/regex-eol.magic'),
      call('file -m magic -l'),
    ];
  },
};

export const PUBLISHED = { tinycdb, gdbm, zstd, file };
export type Name = keyof typeof PUBLISHED;

interface Ended {
  readonly status: number | string | null;
  readonly out: string;
  readonly error: string;
}

const root = mkdtempSync(resolve('build', 'published-'));
process.on('exit', () => rmSync(root, { recursive: true, force: true }));

/** All files below a folder, by path. */
function filesOf(folder: string): Map<string, string> {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(found.sort().map((path) => [path.slice(folder.length + 1), readFileSync(path).toString('latin1')]));
}

/** Runs the calls in turn in a new folder. A component is called as its file. */
function run(name: Name, host?: Host): { ends: Ended[]; files: Map<string, string> } {
  const { prepare, calls } = PUBLISHED[name];
  const folder = mkdtempSync(join(root, `${name}-`));
  prepare?.(folder);
  const ends = calls().map(({ words: [program = '', ...words], input = '' }) => {
    const [command = '', ...before] =
      host === undefined
        ? [join(BUILT, program)]
        : [...HOSTS[host], '--dir', `${folder}::/`, join(BUILT, `${program}.wasm`)];
    const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
    const { status, signal, stdout, stderr } = spawnSync(command, [...before, ...words], {
      cwd: folder,
      input,
      env,
      maxBuffer: 1 << 30,
    });
    const error = stderr
      .toString()
      .replace(/^wasi-mmap: translating .*\n/, '')
      .replaceAll(`${program}.wasm`, program)
      .replaceAll(join(BUILT, program), program);
    return { status: status ?? signal, out: stdout.toString('latin1'), error };
  });
  const files = filesOf(folder);
  rmSync(folder, { recursive: true });
  return { ends, files };
}

const table: Array<Record<string, string | number>> = [];
process.on('beforeExit', () => {
  if (table.length > 0) console.table(table.splice(0));
});

/** A suite for a program, of its calls on these hosts. */
export function check(name: Name, hosts: readonly Host[]): void {
  const test = suite(name);
  if (!existsSync(`${BUILT}/${name}.sources`)) {
    console.log(`skips ${name}: tests/tools/c-programs.sh has not built it`);
    test('it is built', () => assert.not(process.env['CI']));
    test.run();
    return;
  }
  const calls = PUBLISHED[name].calls();
  const row: Record<string, string | number> = { program: name, calls: calls.length };
  table.push(row);
  const native = run(name);
  test('natively, most calls succeed', () => {
    assert.ok(native.ends.filter(({ status }) => status === 0).length > calls.length / 2);
  });
  for (const host of hosts) {
    const guest = run(name, host);
    row[host] = 0;
    for (const [at, { words }] of calls.entries()) {
      test(`${words.join(' ').slice(0, 60)}: ${host}`, () => {
        const [expected, got] = [native.ends[at] as Ended, guest.ends[at] as Ended];
        assert.ok(
          got.out === expected.out,
          `${got.error}${got.out.slice(0, 300)}\nbut natively\n${expected.out.slice(0, 300)}`,
        );
        assert.equal({ ...got, out: '' }, { ...expected, out: '' });
        row[host] = Number(row[host]) + 1;
      });
    }
    test(`the files at the end: ${host}`, () => {
      assert.equal([...guest.files.keys()], [...native.files.keys()]);
      for (const [path, bytes] of native.files) assert.ok(guest.files.get(path) === bytes, `${path} differs`);
    });
  }
  test.run();
}
