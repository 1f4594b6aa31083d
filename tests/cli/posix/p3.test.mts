// The command of Node runs components of WASI 0.3, in Node 24.20 or newer. Needs `make guests`, and where this Node is older
// another one (`.build/setup.sh nodes`).
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runtimes } from '../../tools/platforms.mjs';
import { NODE_BEFORE_P3, NODES_P3, skipP3 } from '../../tools/p3.mjs';
import { component, folder, refusal, start, type Command, type Options } from '../command.mjs';

/** A command of WASI 0.3 that does what its arguments say, and prints a line for each. */
const STEPS = resolve('build/guests/rust/steps.wasm');
/** The same, but it maps through the contract for WASI 0.2 alone. */
const MIXED = resolve('build/guests/rust/steps-mixed.wasm');
const LATER = resolve('build/guests/wat/later.wasm');

const MAIN = resolve('dist/cli/main.mjs');
const commands = NODES_P3.map((node): Command => [node, MAIN]);
const [newest] = commands.slice(-1) as [Command];

/** New folders: one that is granted, and one beside it that is not, with a file each. */
let count = 0;
function newFolders(): { open: string; closed: string } {
  count += 1;
  const [open, closed] = [join(folder, `p3-open-${count}`), join(folder, `p3-closed-${count}`)];
  for (const path of [open, closed]) {
    mkdirSync(join(path, 'sub'), { recursive: true });
    writeFileSync(join(path, 'file'), 'inside a file, needle and all');
  }
  return { open, closed };
}

/** Checks what a program answers to each step. */
function check(
  options: string[],
  steps: readonly (readonly [step: string, answer: string])[],
  { program = STEPS, command = newest, ...more }: Options & { program?: string; command?: Command } = {},
): void {
  const words = steps.map(([step]) => step);
  const { code, out, error } = start(command, ['run', ...options, program, ...words], more);
  assert.is(error, '', `${words.join('; ')}\n${out}`);
  assert.is(code, 0, out);
  const lines = out.split('\n');
  assert.equal(
    words.map((step, at) => [step, lines[at]]),
    steps,
  );
  assert.is(lines.length, steps.length + 1, out);
}

const DONE = '()';

if (commands.length === 0) skipP3('p3', 'there is no Node 24.20 or newer (.build/setup.sh nodes)');
else if (!existsSync(STEPS)) skipP3('p3', 'rustc has no target wasm32-wasip2, for the components');
else define();

function define(): void {
  test('a Node that cannot run it says what is needed', () => {
    if (NODE_BEFORE_P3 === undefined) return skipP3('p3', 'there is no Node before 24 (.build/setup.sh nodes)');
    const message =
      /^wasi-mmap: \S+ is of WASI 0\.3, which needs Node 24\.20 or newer \([^)]*--experimental-wasm-jspi\); this is Node [\d.]+\n$/;
    const own = { environment: { XDG_CACHE_HOME: join(folder, 'cache-before') } };
    for (const program of [STEPS, MIXED, LATER]) refusal([NODE_BEFORE_P3, MAIN])(['run', program], message, own);
    // What another Node has translated is not run either.
    const shared = { environment: { XDG_CACHE_HOME: join(folder, 'cache-shared') } };
    assert.is(start(newest, ['run', LATER], shared).code, 0);
    return refusal([NODE_BEFORE_P3, MAIN])(['run', LATER], message, shared);
  });

  test('components that ask for what is not there', async () => {
    const refuses = refusal(newest);
    const later = readFileSync('tests/cli/guests/later.wat', 'utf8');
    const importing = (name: string, item: string): string =>
      later.replace('(component', `(component (import "${name}" (instance ${item}))`);
    for (const [name, item] of [
      ['wasi:cli/environment@0.3.0', '(export "constructor" (func))'],
      ['wasi:cli/environment@0.3.0', '(export "initial-cwd" (func (result (option string))))'],
      ['wasi:cli/environment@0.3.0', '(export "get-arguments" (func (result u32)))'],
      ['wasi:cli/environment@0.4.0', '(export "get-arguments" (func (result (list string))))'],
      ['wasi:http/client@0.3.0', '(export "send" (func))'],
      // It is an async function.
      ['wasi:clocks/monotonic-clock@0.3.0', '(export "wait-for" (func (param "how-long" u64)))'],
    ] as const) {
      const text = importing(name, item);
      refuses(['run', await component('no.wasm', text)], /imports what is not provided: [^\n]+\n$/);
    }
    refuses(
      ['run', await component('sync.wasm', later.replace(' async ', ' '))],
      /its wasi:cli\/run is of another type\n$/,
    );
    refuses(
      ['run', await component('other.wasm', later.replace('@0.3.0', '@0.4.0'))],
      /it does not export wasi:cli\/run\n$/,
    );
  });

  for (const { missing } of runtimes) if (missing !== undefined) skipP3('p3', `this machine has ${missing}`);
  const others = runtimes
    .filter(({ missing }) => missing === undefined)
    .map((other): Command => [...other.command, MAIN]);
  for (const command of [...commands, ...others]) {
    const name = command[0].split('/').at(-1);
    const version = spawnSync(command[0], ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
    test(`files, maps and spans of both generations, with ${name} ${version}`, () => {
      const { open } = newFolders();
      writeFileSync(join(open, 'pages'), `begins${'.'.repeat(200_000)}`);
      check(
        ['--dir', `${open}::/`],
        [
          ['directories', '/'],
          ['cwd', 'None'],
          ['environment', '[]'],
          ['open a 0 file r', DONE],
          ['flags a', 'DescriptorFlags(READ)'],
          ['type a', 'DescriptorType::RegularFile'],
          ['cat a 7', 'a file, needle and all ()'],
          ['map m a read', '29'],
          ['read m 0 6', 'inside'],
          ['find m needle', 'Some(15)'],
          ['rfind m zebra', 'None'],
          ['write m 0 x', 'read-only'],
          ['map2 m file read', '29'],
          ['read2 m 7 6', 'a file'],
          ['find2 m needle', 'Some(15)'],
          ['std-read /file', 'inside a file, needle and all'],
          ['open p 0 pages r', DONE],
          ['map p p read', '200006'],
          ['span p', 'begins, faulted false, then 0'],
          ['close p', 'true'],
          ['read p 0 6', 'begins'],
          ['read p 200000 7', 'out-of-range'],
          ['drop p', 'true'],
          ['anonymous z 65536', DONE],
          ['write z 65530 ending', DONE],
          ['read z 65530 6', 'ending'],
          ['write z 65531 ending', 'out-of-range'],
          ['clock', 'true'],
          ['random', '5 true'],
          ['sleep 10', 'true'],
        ],
        { command },
      );
    });
  }

  test('everything that is provided is there', () => {
    for (const name of ['everything-0-3-utf8', 'everything-callback-utf16', 'rich-callback-utf8-utf16']) {
      const path = resolve(`build/guests/wat/${name}.wasm`);
      const { code, error } = start(newest, ['run', path]);
      assert.is(code, 134, error);
      assert.match(error, /trapped: [^\n]*unreachable/);
    }
    refusal(newest)(['run', '--no-native', resolve('build/guests/wat/everything-0-3-utf8.wasm')], /has no polyfill/);
  });

  test('stores reach the file, or stay in the copy', () => {
    const { open } = newFolders();
    check(
      ['--dir', `${open}::/`],
      [
        ['open a 0 file rw', DONE],
        ['map w a write', '29'],
        ['map c a copy', '29'],
        ['write c 0 CO', DONE],
        ['write w 3 WR', DONE],
        ['read c 0 6', 'COside'], // The page is its own since the store.
        ['cat a 0', 'insWRe a file, needle and all ()'],
        ['map2 w file write', '29'],
        ['write2 w 0 TW', DONE],
        ['read w 0 6', 'TWsWRe'],
      ],
    );
    assert.match(readFileSync(join(open, 'file'), 'utf8'), /^TWsWRe a file/);
  });

  test('the rights of a descriptor are those of its mapping', () => {
    const { open } = newFolders();
    check(
      ['--dir', `${open}::/`],
      [
        ['open r 0 file r', DONE],
        ['map m r write', 'access-denied'],
        ['map m r copy', '29'],
        ['open w 0 file w', DONE],
        ['map m w read', 'access-denied'],
        ['map m w write', 'access-denied'],
        ['map m w copy', 'access-denied'],
        ['open d 0 sub r', DONE],
        ['map m d read', 'unsupported'],
        ['map m 0 read', 'unsupported'],
        ['open e 0 empty cwr', DONE],
        ['map m e read', 'empty-file'],
        // Streams ask for the same rights.
        ['cat w 0', ' BadDescriptor'],
        ['put r 0 x', 'BadDescriptor 1'],
        ['append r x', 'BadDescriptor 1'],
        ['size r 0', 'Invalid'],
        ['cat d 0', ' IsDirectory'],
        ['put d 0 x', 'BadDescriptor 1'],
        ['list r', ' NotDirectory'],
      ],
    );
  });

  test('files and directories are read and changed', () => {
    const { open } = newFolders();
    check(
      ['--dir', `${open}::/`],
      [
        ['open a 0 new cxwr', DONE],
        ['open b 0 new cxw', 'Exist'],
        ['put a 3 hi', '() 0'],
        ['append a abc', '() 0'],
        ['stat a', '(DescriptorType::RegularFile, 8)'],
        ['cat a 3', 'hiabc ()'],
        ['size a 4', DONE],
        ['fill a 3000000', '() 0'],
        ['count a', '3000000 ()'],
        ['begin a 10', '10 ()'],
        ['cat a 2999998', 'xx ()'],
        ['cat a 4000000', ' ()'],
        ['put a 18446744073709551615 x', 'FileTooLarge 0'],
        ['touch a 100', DONE],
        ['modified a', 'Some((100, 0))'],
        ['touch a -100', DONE], // Before 1970, which WASI 0.2 cannot say.
        ['modified a', 'Some((-100, 0))'],
        ['touch a -9223372036854775808', 'Overflow'],
        ['sync a', DONE],
        ['sync-data a', DONE],
        ['sync 0', DONE],
        ['advise a', DONE],
        ['same a a', 'true'],
        ['same a 0', 'false'],
        ['stat-at 0 file ', '(DescriptorType::RegularFile, 29)'],
        ['stat-at 0 none ', 'NoEntry'],
        ['mkdir 0 folder', DONE],
        ['mkdir 0 folder', 'Exist'],
        ['rename 0 new 0 folder/moved', DONE],
        ['link 0 file 0 folder/linked', DONE],
        ['symlink 0 moved folder/link', DONE],
        ['readlink 0 folder/link', '"moved"'],
        ['touch-at 0 folder/link ', DONE],
        ['stat-at 0 folder/link ', '(DescriptorType::SymbolicLink, 5)'],
        ['stat-at 0 folder/link f', '(DescriptorType::RegularFile, 3000000)'],
        ['open f 0 folder r', DONE],
        ['list f', 'link,linked,moved ()'],
        ['list 0', 'file,folder/,sub/ ()'],
        ['rmdir 0 folder', 'NotEmpty'],
        ['unlink f link', DONE],
        ['unlink 0 folder', 'IsDirectory'],
        ['open g f linked r', DONE],
        ['cat g 0', 'inside a file, needle and all ()'],
      ],
    );
    assert.equal(readdirSync(join(open, 'folder')).sort(), ['linked', 'moved']);
  });

  test('no path leads out of a directory', () => {
    const { open, closed } = newFolders();
    symlinkSync(closed, join(open, 'absolute'));
    symlinkSync('../', join(open, 'up'));
    symlinkSync(join('..', closed.split('/').at(-1) as string), join(open, 'beside'));
    // A link to a link: a check of the first target alone does not see where it leads.
    symlinkSync('beside', join(open, 'first'));
    symlinkSync('loop', join(open, 'loop'));
    const out = `../${closed.split('/').at(-1)}`;
    const paths = [`${out}/file`, `sub/../../${out.slice(3)}/file`, 'absolute/file', 'beside/file', 'first/file'];
    const steps: Array<readonly [string, string]> = [];
    for (const path of [...paths, `${closed}/file`, `up/${out.slice(3)}/file`]) {
      steps.push(
        [`open a 0 ${path} rf`, 'NotPermitted'],
        [`open a 0 ${path} wf`, 'NotPermitted'],
        [`open a 0 ${path} r`, 'NotPermitted'],
        [`stat-at 0 ${path} f`, 'NotPermitted'],
        [`unlink 0 ${path}`, 'NotPermitted'],
        [`mkdir 0 ${path}`, 'NotPermitted'],
        [`rename 0 ${path} 0 stolen`, 'NotPermitted'],
        [`rename 0 file 0 ${path}`, 'NotPermitted'],
        [`link 0 ${path} 0 stolen`, 'NotPermitted'],
        [`link 0 file 0 ${path}2`, 'NotPermitted'],
        [`symlink 0 x ${path}2`, 'NotPermitted'],
        [`touch-at 0 ${path} f`, 'NotPermitted'],
        [`readlink 0 ${path}`, 'NotPermitted'],
      );
    }
    // The guest makes such links itself.
    steps.push(
      ['symlink 0 / slash', 'NotPermitted'],
      [`symlink 0 ${out} own`, DONE],
      ['symlink 0 own own2', DONE],
      ['open a 0 own2/file rf', 'NotPermitted'],
      ['open a 0 own2 rf', 'NotPermitted'],
      ['open a 0 loop rf', 'Loop'],
      ['open d 0 sub r', DONE],
      ['open a d ../file r', 'NotPermitted'],
      ['open a d .. r', 'NotPermitted'],
      ['std-read /../file', 'inside a file, needle and all'],
    );
    check(['--dir', `${open}::/`], steps.slice(0, -1));
    assert.is(readFileSync(join(closed, 'file'), 'utf8'), 'inside a file, needle and all');
    assert.equal(readdirSync(closed).sort(), ['file', 'sub']);
  });

  test('a directory for reading is only read', () => {
    const { open } = newFolders();
    writeFileSync(join(open, 'sub/inner'), '');
    const before = statSync(join(open, 'file')).mtimeMs;
    check(
      ['--dir-ro', `${open}::/`],
      [
        ['flags 0', 'DescriptorFlags(READ)'],
        ['open a 0 file r', DONE],
        ['cat a 0', 'inside a file, needle and all ()'],
        ['map m a read', '29'],
        ['map m a copy', '29'],
        ['write m 0 mine', DONE],
        ['map w a write', 'access-denied'],
        ['open w 0 file w', 'NotPermitted'],
        ['open w 0 file rw', 'NotPermitted'],
        ['open w 0 file rt', 'NotPermitted'],
        ['open w 0 new rc', 'NotPermitted'],
        ['open w 0 new wc', 'NotPermitted'],
        ['open d 0 sub rm', DONE],
        ['flags d', 'DescriptorFlags(READ)'],
        ['open w d inner w', 'NotPermitted'],
        ['put a 0 x', 'NotPermitted 1'],
        ['append a x', 'NotPermitted 1'],
        ['size a 0', 'NotPermitted'],
        ['touch a 100', 'NotPermitted'],
        ['touch 0 100', 'NotPermitted'],
        ['touch-at 0 file f', 'NotPermitted'],
        ['mkdir 0 new', 'NotPermitted'],
        ['mkdir d new', 'NotPermitted'],
        ['rmdir 0 sub', 'NotPermitted'],
        ['unlink 0 file', 'NotPermitted'],
        ['unlink d inner', 'NotPermitted'],
        ['rename 0 file 0 new', 'NotPermitted'],
        ['link 0 file 0 new', 'NotPermitted'],
        ['symlink 0 file new', 'NotPermitted'],
        ['std-write /file x', 'PermissionDenied'],
        ['map2 w file write', 'not-permitted'],
        ['list 0', 'file,sub/ ()'],
      ],
    );
    assert.is(statSync(join(open, 'file')).mtimeMs, before);
    assert.is(readFileSync(join(open, 'file'), 'utf8'), 'inside a file, needle and all');
    // Between two directories, both must be for writing.
    const other = newFolders().open;
    check(
      ['--dir', `${other}::/rw`, '--dir-ro', `${open}::/ro`],
      [
        ['directories', '/rw,/ro'],
        ['rename 1 file 0 new', 'NotPermitted'],
        ['rename 0 file 1 new', 'NotPermitted'],
        ['link 1 file 0 new', 'NotPermitted'],
        ['link 0 file 1 new', 'NotPermitted'],
      ],
    );
  });

  test('nothing is granted by itself', () => {
    const environment = { SECRET: 'value', GIVEN: 'passed' };
    check(
      [],
      [
        ['directories', ''],
        ['environment', '[]'],
        ['connect', 'AccessDenied AccessDenied PermanentResolverFailure'],
        ['terminals', 'false false false'],
        ['arguments', 'directories,environment,connect,terminals,arguments'],
      ],
      { environment },
    );
    check(['--env', 'A=b', '--env', 'GIVEN', '--env', 'NONE'], [['environment', '[("A", "b"), ("GIVEN", "passed")]']], {
      environment,
    });
  });

  test('how a program ends', () => {
    const run = (...steps: string[]) => start(newest, ['run', STEPS, ...steps]);
    const LINE = 'true\n';
    for (const [step, code] of [
      ['fail', 1],
      ['end err', 1],
      ['end ok', 0],
      ['exit 7', 7],
      ['exit 0', 0],
      ['exit 255', 255],
      ['quick-exit 3', 1],
    ] as const) {
      assert.equal(run('clock', step, 'clock'), { code, out: LINE, error: '' }, step);
    }
    for (const [step, reason] of [
      ['trap', /unreachable/],
      ['hang', /deadlock/],
      ['open a 5 file r', /unreachable/],
    ] as const) {
      const { code, out, error } = run('clock', step, 'clock');
      assert.is(code, 134, error);
      assert.is(out, LINE);
      assert.match(error, /wasi-mmap: steps\.wasm trapped: [^\n]+\n/);
      assert.match(error, reason);
    }
  });

  test('what a program leaves does not keep the process', () => {
    const began = Date.now();
    const child = spawn(newest[0], [MAIN, 'run', STEPS, 'leave'], { stdio: ['pipe', 'pipe', 'inherit'] });
    // Its standard input stays open, and its timer is for days.
    return once(child, 'close').then(([code]) => {
      child.stdin.destroy();
      assert.is(code, 0);
      assert.ok(Date.now() - began < 30_000);
    });
  });

  test('standard streams', () => {
    const run = (input: string | Buffer, ...steps: string[]) => start(newest, ['run', STEPS, ...steps], { input });
    assert.equal(run('hello', 'input', 'clock'), { code: 0, out: '5 bytes, hello ()\ntrue\n', error: '' });
    assert.is(run('', 'input').out, '0 bytes,  ()\n');
    const large = run(Buffer.alloc(3_000_000, 'x'), 'input');
    assert.ok(large.out.startsWith('3000000 bytes, xxx'), large.error);
    assert.equal(run('', 'complain bad'), { code: 0, out: '()\n', error: 'bad' });
    // What both generations write keeps its order.
    assert.is(run('', 'print one', 'clock', 'print two', 'clock').out, 'one()\ntrue\ntwo()\ntrue\n');
  });

  test('what it wrote is there when it leaves at once', () => {
    for (const command of commands) {
      const long = 'last-word,'.repeat(10_000);
      assert.equal(start(command, ['run', STEPS, `last-words ${long}`]), { code: 0, out: long, error: '' });
    }
  });

  test('a reader that goes away', () => {
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', '("$0" "$@" || echo "code $?" >&2) | head -c 5', ...newest, 'run', STEPS, 'flood'],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], XDG_CACHE_HOME: join(folder, 'cache') } },
    );
    assert.is(status, 0);
    assert.is(stdout, 'yyyyy');
    assert.is(stderr, 'code 3\n');
  });

  test('without the native mapping', () => {
    const { open } = newFolders();
    refusal(newest)(
      ['run', '--no-native', '--dir', `${open}::/`, STEPS, 'clock'],
      /^wasi-mmap: wasi-mmap:mmap@0\.3\.0 has no polyfill[^\n]+\n$/,
    );
    for (const options of [[], ['--no-native']]) {
      check(
        [...options, '--dir', `${open}::/`],
        [
          ['open a 0 file r', DONE],
          ['cat a 0', 'inside a file, needle and all ()'],
          ['map2 m file read', '29'],
          ['read2 m 0 6', 'inside'],
          ['find2 m needle', 'Some(15)'],
          ['map2 w file write', '29'],
          ['write2 w 0 inside', DONE],
          ['map a file read', 'no step: map a file read'],
        ],
        { program: MIXED },
      );
    }
  });

  test('the limit of private memory', () => {
    check(
      ['--max-private-memory', '1M'],
      [
        ['anonymous a 524288', DONE],
        ['anonymous b 1048576', 'no-memory'],
      ],
    );
  });

  test('memory above 2 GiB', () => {
    const { open } = newFolders();
    writeFileSync(join(open, 'pages'), `begins${'.'.repeat(200_000)}`);
    check(
      ['--dir', `${open}::/`, '--env', 'NAME=value'],
      [
        ['grow', 'true'],
        ['environment', '[("NAME", "value")]'],
        ['open a 0 file rw', DONE],
        ['cat a 0', 'inside a file, needle and all ()'],
        ['append a more', '() 0'],
        ['map m a write', '33'],
        ['read m 0 6', 'inside'],
        ['write m 0 INSIDE', DONE],
        ['find m needle', 'Some(15)'],
        ['map2 m file read', '33'],
        ['read2 m 0 6', 'INSIDE'],
        ['open p 0 pages r', DONE],
        ['map p p read', '200006'],
        ['span p', 'begins, faulted false, then 0'],
        ['list 0', 'file,pages,sub/ ()'],
        ['stat-at 0 file ', '(DescriptorType::RegularFile, 33)'],
        ['symlink 0 file link', DONE],
        ['readlink 0 link', '"file"'],
        ['std-read /file', 'INSIDE a file, needle and allmore'],
        ['random', '5 true'],
      ],
    );
  });
}

test.run();
