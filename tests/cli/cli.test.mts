// The two commands `wasi-mmap`, for Node and for wasmtime: messages for wrong calls, what a component can access, and exit
// codes. Only messages of the engines about a component may differ.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Guest } from '../contract/guest.mjs';
import { COMMANDS, component, folder, FOREIGN, isWindows, refusal, start, type Options } from './command.mjs';

const VERBS = 'build/guests/c/verbs.wasm';
// Debian's Rust has no C library of WASI 0.2.
const EXIT_CODE = 'build/guests/rust/exit_code.wasm';
// Processes start slowly under Wine.
const LANGUAGES = isWindows ? ['c'] : ['c', 'rust', 'javascript'];
/** The examples that are commands of WASI 0.3: a language, and the end of their names. */
const P3: Array<[string, string]> = isWindows ? [] : [['c', '-0.3']];
/** A component whose translation takes long. Under Wine it takes several times as long. */
const SQLITE = 'build/programs/sqlite.wasm';
const LARGE = isWindows && existsSync(SQLITE) ? SQLITE : 'build/guests/javascript/mgrep.wasm';

/** The output of grep for these arguments, compared with the installed grep if there is one. */
function expectGrep(words: string[]): { status: number; out: string } {
  const end = words.indexOf('--');
  const at = end >= 0 ? end + 1 : words.findIndex((word) => !word.startsWith('-'));
  const options = new Set(words.slice(0, end >= 0 ? end : at));
  const [needle = '', ...files] = words.slice(at);
  const own = { status: 1, out: '' };
  for (const file of files) {
    const path = join(folder, file);
    if (!existsSync(path)) {
      own.status = 2;
      continue;
    }
    const text = readFileSync(path, 'latin1');
    const lines = text.replace(/\n$/, '').split('\n');
    const numbered = text === '' ? [] : [...lines.entries()].filter(([, line]) => line.includes(needle));
    const name = files.length > 1 ? `${file}:` : '';
    if (options.has('-c')) own.out += `${name}${numbered.length}\n`;
    else for (const [row, line] of numbered) own.out += `${name}${options.has('-n') ? `${row + 1}:` : ''}${line}\n`;
    if (own.status === 1 && numbered.length > 0) own.status = 0;
  }
  const grep = spawnSync('grep', ['-Fa', ...words], { cwd: folder });
  if (!grep.error) assert.equal(own, { status: grep.status, out: grep.stdout.toString('latin1') }, words.join(' '));
  else assert.ok(isWindows, grep.error.message);
  return own;
}

/** New folders with one file each, as arguments that grant them. */
let count = 0;
function newFolders(): { open: string; closed: string; grants: string[] } {
  count += 1;
  const [open, closed] = [join(folder, `open-${count}`), join(folder, `closed-${count}`)];
  for (const path of [open, closed]) {
    mkdirSync(path);
    writeFileSync(join(path, 'file'), 'hello world');
  }
  return { open, closed, grants: ['--dir', `${open}::/open`, '--dir-ro', `${closed}::/closed`] };
}

for (const [host, command] of Object.entries(COMMANDS)) {
  const test = suite(`command for ${host}`);
  const run = (args: string[], options?: Options) => start(command, args, options);

  const refuses = refusal(command);

  test('wrong calls', async () => {
    refuses([], /no command/);
    refuses(['frobnicate'], /unknown command: frobnicate/);
    refuses(['run'], /no component/);
    refuses(['run', '--frobnicate', VERBS], /unknown option: --frobnicate/);
    refuses(['run', '--dir'], /--dir needs a value/);
    refuses(['run', '--env', '=x', VERBS], /not NAME=VALUE/);
    refuses(['run', '--max-private-memory'], /--max-private-memory needs a value/);
    for (const size of [
      '',
      'M',
      '1T',
      '1.5G',
      '-1',
      '+1',
      '1 M',
      '0x10',
      '٣',
      '9007199254740992',
      '8388608G',
      '9'.repeat(30),
    ])
      refuses(
        ['run', '--max-private-memory', size, VERBS],
        new RegExp(`not a size, such as 512M: ${size.replace(/[+.]/, '\\$&')}`.trim()),
      );
    refuses(['run', '--dir', '::/x', VERBS], /not HOST::GUEST/);
    refuses(['run', '--dir', 'no-such-folder', VERBS], /not a directory: no-such-folder/);
    refuses(['run', '--dir', '.::/a', '--dir', 'ts::/a', VERBS], /two directories are to be \/a/);
  });

  test('components that are no commands', async () => {
    refuses(['run', 'no-such.wasm'], /no such file: no-such\.wasm/);
    refuses(['run', folder], /cannot read .*(EISDIR|Is a directory|Access (is )?denied)/);
    const text = join(folder, 'text.wasm');
    writeFileSync(text, 'hello');
    refuses(['run', text], /is not WebAssembly/);
    writeFileSync(text, '');
    refuses(['run', text], /is not WebAssembly/);
    refuses(['run', await component('module.wasm', '(module)')], /is a core module, not a component/);
    refuses(['run', await component('empty.wasm', '(component)')], /does not export wasi:cli\/run/);
    refuses(['run', await component('foreign.wasm', FOREIGN)], /imports what is not provided: foo:bar\/baz/);
    const broken = join(folder, 'broken.wasm');
    writeFileSync(broken, readFileSync(VERBS).subarray(0, 5000));
    refuses(['run', broken], /cannot translate/);
  });

  test('help and version', () => {
    for (const args of [['--help'], ['help'], ['run', '--help']]) assert.match(run(args).out, /^Usage: wasi-mmap run/);
    assert.match(run(['--version']).out, /^wasi-mmap \d+\.\d+\.\d+\n$/);
  });

  test('arguments arrive as they are', () => {
    const words = ['arguments', '--dir', 'a b', '', 'ü', '-c', '--'];
    const { out } = run(['run', VERBS, ...words]);
    assert.is(Buffer.from(out, 'latin1').toString(), ['verbs.wasm', ...words, ''].join('\n'));
    assert.is(run(['run', '--', VERBS, 'arguments']).out, 'verbs.wasm\narguments\n');
  });

  test('variables: those that were granted', () => {
    const see = (name: string, ...options: string[]): string =>
      run(['run', ...options, VERBS, 'variable', name], { environment: { OWN: 'mine' } }).out;
    assert.is(see('PATH'), '(none)\n');
    assert.is(see('A', '--env', 'A=b=c'), 'b=c\n');
    assert.is(see('A', '--env=A='), '\n');
    assert.is(see('OWN', '--env', 'OWN'), 'mine\n');
    assert.is(see('NOT', '--env', 'NOT'), '(none)\n');
  });

  test('standard input, output and error', () => {
    const input = Buffer.alloc(3_000_000, 'some text\n');
    const { code, out } = run(['run', VERBS, 'copy'], { input });
    assert.is(code, 0);
    assert.ok(out === input.toString('latin1'));
    assert.is(run(['run', VERBS, 'complain']).error, 'to stderr\n');
    assert.is(run(['run', VERBS, 'terminal']).out, '000\n');
  });

  test('exit codes', () => {
    assert.is(run(['run', VERBS]).code, 0);
    assert.is(run(['run', VERBS, 'exit-with-failure']).code, 1);
    // The last byte counts, as on systems.
    for (const [word, code] of [
      ['0', 0],
      ['3', 3],
      ['255', 255],
      ['256', 0],
      ['-1', 255],
    ] as const) {
      assert.is(run(['run', VERBS, 'return', word]).code, code, word);
      if (!existsSync(EXIT_CODE)) continue;
      const ended = run(['run', EXIT_CODE, word]);
      assert.equal([ended.code, ended.out], [code, word]);
    }
    for (const verb of ['return', 'exit', 'quick-exit'])
      assert.is(run(['run', '--no-native', VERBS, verb, '3']).code, 3, verb);
    if (existsSync(EXIT_CODE)) assert.is(run(['run', EXIT_CODE, 'own', '3']).code, 3);
    const trapped = run([
      'run',
      '--dir',
      `${newFolders().open}::/`,
      'build/guests/c/hostile.wasm',
      'trap-while-mapped',
    ]);
    assert.is(trapped.code, 134);
    assert.match(trapped.error, /hostile\.wasm trapped: .*unreachable/);
  });

  test('it is translated once', () => {
    const environment = { XDG_CACHE_HOME: join(folder, `own-cache-${host}`) };
    const first = run(['run', LARGE, 'x', 'no-file'], { environment });
    assert.match(first.error, /^wasi-mmap: translating \w+\.wasm \(\d+\.\d MiB\), once\n/);
    assert.not.match(run(['run', LARGE, 'x', 'no-file'], { environment }).error, /translating/);
    assert.is(readdirSync(join(folder, `own-cache-${host}/wasi-mmap`)).length, 1);
  });

  test('without a cache that can be written', () => {
    assert.is(
      run(['run', VERBS, 'variable', 'A'], { environment: { XDG_CACHE_HOME: '/dev/null/none' } }).out,
      '(none)\n',
    );
  });

  test('without the native mapping', () => {
    writeFileSync(join(folder, 'hay'), 'hay\nhay needle\n');
    const mgrep = ['build/guests/c/mgrep.wasm', '-n', 'needle'];
    assert.is(run(['run', '--no-native', '--dir-ro', `${folder}::/`, ...mgrep, 'hay']).out, '2:hay needle\n');
    assert.is(run(['run', '--no-native', VERBS]).code, 0);
  });

  test('with and without it, three directories and more', () => {
    const all = Array.from({ length: 5 }, newFolders);
    const grants = all.flatMap(({ open }, at) => ['--dir', `${open}::/${at}`]);
    const paths = all.map((_, at) => `/${at}/file`);
    for (const options of [[], ['--no-native']]) {
      const { out, error } = run(['run', ...options, ...grants, 'build/guests/c/mgrep.wasm', '-c', 'world', ...paths]);
      assert.is(out, paths.map((path) => `${path}:1\n`).join(''), error);
    }
  });

  test('a directory under its own name, with a slash at its end', () => {
    const { open } = newFolders();
    const own = isWindows ? open.replaceAll('\\', '/') : open;
    for (const name of [open, `${open}/`]) {
      const { out, error } = run(['run', '--dir', name, 'build/guests/c/mgrep.wasm', 'world', `${own}/file`]);
      assert.is(out, 'hello world\n', error);
      assert.is(run(['run', '--dir', name, VERBS, 'write', `${own}/file`]).out, 'done\n');
      writeFileSync(join(open, 'file'), 'hello world');
    }
  });

  test('no directory is seen that was not granted', () => {
    assert.match(run(['run', VERBS, 'write', '/etc/hostname']).out, /No such file|not permitted|Bad file/);
    const { open, grants } = newFolders();
    writeFileSync(join(folder, 'secret'), 'secret');
    const paths = ['/open/../../secret', '../secret', '/secret', join(folder, 'secret')];
    for (const path of paths) assert.not.match(run(['run', ...grants, VERBS, 'write', path]).out, /done/);
    assert.is(readFileSync(join(folder, 'secret'), 'utf8'), 'secret');
    assert.ok(existsSync(join(open, 'file')));
  });

  test('a directory to read and write, with the C library', () => {
    const { open, grants } = newFolders();
    const verbs = (...words: string[]): string => run(['run', ...grants, VERBS, ...words]).out;
    assert.is(verbs('write', '/open/file'), 'done\n');
    assert.is(verbs('create', '/open/new'), 'done\n');
    assert.is(verbs('mkdir', '/open/folder'), 'done\n');
    assert.is(verbs('rename', '/open/new', '/open/folder/renamed'), 'done\n');
    assert.is(readFileSync(join(open, 'file'), 'utf8'), 'writtenorld');
    assert.is(readFileSync(join(open, 'folder/renamed'), 'utf8'), 'written');
  });

  test('a directory to read only', () => {
    const { open, closed, grants } = newFolders();
    mkdirSync(join(closed, 'folder'));
    linkSync(join(closed, 'file'), join(closed, 'folder/file'));
    const attempts = [
      ['write', '/closed/file'],
      ['write', '/closed/folder/file'],
      ['create', '/closed/new'],
      ['truncate', '/closed/file'],
      ['mkdir', '/closed/new'],
      ['unlink', '/closed/file'],
      ['rename', '/closed/file', '/closed/new'],
      ['rename', '/closed/file', '/open/new'],
      ['rename', '/open/file', '/closed/new'],
      ['link', '/closed/file', '/open/new'],
      ['link', '/open/file', '/closed/new'],
      ['symlink', 'file', '/closed/new'],
    ];
    for (const words of attempts) {
      const { code, out } = run(['run', ...grants, VERBS, ...words]);
      assert.is(code, 0);
      assert.not.match(out, /done/, words.join(' '));
    }
    assert.equal(readdirSync(closed).sort(), ['file', 'folder']);
    assert.equal(readdirSync(open), ['file']);
    assert.is(readFileSync(join(closed, 'file'), 'utf8'), 'hello world');
  });

  for (const [language, end] of [...LANGUAGES.map((each) => [each, '']), ...(host === 'wasmtime' ? P3 : [])]) {
    const mgrep = `build/guests/${language}/mgrep${end}.wasm`;
    const mreplace = `build/guests/${language}/mreplace${end}.wasm`;

    test(`mgrep${end} in ${language} answers as grep`, () => {
      const text = 'first line\nsecond  line, line\n\nthird\nlast line without an end';
      writeFileSync(join(folder, 'text'), text);
      writeFileSync(join(folder, 'zero'), '');
      writeFileSync(join(folder, 'long'), `${'x'.repeat(200_000)}needle${'y'.repeat(100_000)}\nneedle\n`);
      const calls = [
        ['line', 'text'],
        ['-n', 'line', 'text'],
        ['-c', 'line', 'text'],
        ['-n', 'third', 'text', 'zero'],
        ['-c', 'i', 'text', 'zero', 'long'],
        ['nothing', 'text'],
        ['', 'text'],
        ['-n', 'needle', 'long'],
        ['-c', 'line', 'text', 'no-such-file'],
        ['-n', '--', '-n', 'text'],
      ];
      for (const words of calls) {
        const [expected, at] = [expectGrep(words), words.join(' ')];
        const { code, out } = run(['run', '--dir-ro', `${folder}::/`, mgrep, ...words]);
        assert.ok(out === expected.out, `${at}: ${out.slice(0, 300)}`);
        assert.is(code, expected.status, at);
      }
      assert.is(run(['run', mgrep]).code, 2);
      assert.is(run(['run', mgrep, '-x', 'a', 'b']).code, 2);
    });

    test(`mreplace${end} in ${language} edits in place`, () => {
      const { open, closed, grants } = newFolders();
      const call = (...words: string[]) => run(['run', ...grants, mreplace, ...words]);
      const done = call('o', '0', '/open/file');
      assert.is(done.out, '/open/file: 2\n', done.error);
      assert.is(done.code, 0);
      assert.is(readFileSync(join(open, 'file'), 'utf8'), 'hell0 w0rld');
      assert.is(call('o', '0', '/open/file').code, 1);
      const refused = call('o', '0', '/closed/file');
      assert.is(refused.code, 2);
      assert.match(refused.error, /^mreplace: \/closed\/file: /);
      assert.is(readFileSync(join(closed, 'file'), 'utf8'), 'hello world');
      assert.is(call('o', 'longer', '/open/file').code, 2);
    });
  }

  test('output that fills a pipe arrives while the component waits for input', async () => {
    mkdirSync('build', { recursive: true });
    const path = resolve(mkdtempSync(resolve('build', 'cli-')), 'file');
    const guest = new Guest([...command, 'run', '--dir', 'build::/', 'build/guests/c/contract.wasm']);
    try {
      const session = await guest.open(path, { repeat: 'z', size: 300_000 });
      await session.answer({ op: 'mmap', map: 'm', access: 'read', length: 0, offset: 0 });
      for (let round = 0; round < 20; round += 1) {
        const answer = await session.answer({ op: 'read', map: 'm', offset: 0, length: 300_000 });
        assert.is(answer.length, 300_002);
      }
      await session.close();
    } finally {
      guest.close();
      rmSync(dirname(path), { recursive: true });
    }
  });

  // Debian's C library for WASI has no table of descriptors: there the feature does not exist.
  const STD_FILE = 'build/guests/rust/std_file.wasm';
  if (isWindows && host === 'wasmtime') {
    console.log('SKIPPED a std::fs::File whose path is gone: wasmtime does not remove a file there while it is open');
  } else if (existsSync(STD_FILE)) {
    test('a std::fs::File in Rust is mapped, though its path is gone', () => {
      const { open, grants } = newFolders();
      assert.is(run(['run', ...grants, STD_FILE, '/open/file']).out, 'mappedworld\n');
      assert.equal(readdirSync(open), []);
    });
  } else {
    console.log('skips the test of std::fs::File: this Rust has no target wasm32-wasip2');
  }

  test.run();
}
