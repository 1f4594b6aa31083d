// `wasi-mmap plug`, of both commands: what it refuses, where its output goes, and that the plain wasmtime runs the output.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, component, folder, refusal, start, type Command } from './command.mjs';
import { GUESTS } from './fused.mjs';

const MGREP = 'build/guests/c/mgrep.wasm';
const WASMTIME: Command = ['build/wasmtime/wasmtime', 'run', '-S', 'http'];

/** The component with other names of the same length. */
function renamed(path: string, name: string, from: string, to: string): string {
  assert.is(from.length, to.length);
  const text = readFileSync(path, 'latin1');
  assert.ok(text.includes(from));
  const target = join(folder, name);
  writeFileSync(target, text.replaceAll(from, to), 'latin1');
  return target;
}

let count = 0;
function newFolder(): string {
  count += 1;
  const path = join(folder, `output-${count}`);
  mkdirSync(path);
  return path;
}

const TEXT = 'hay\nhay needle\nhay\n';
function newData(): string {
  const path = newFolder();
  writeFileSync(join(path, 'text'), TEXT);
  return path;
}

for (const [host, command] of Object.entries(COMMANDS)) {
  const test = suite(`plug, command for ${host}`);
  const refuses = refusal(command);
  const plug = (...args: string[]) => start(command, ['plug', ...args]);

  function plugged(guest: string): string {
    const output = join(newFolder(), 'plugged.wasm');
    const { code, out, error } = plug(guest, '-o', output);
    assert.is(code, 0, error);
    assert.is(out + error, '');
    return output;
  }

  test('wrong calls', () => {
    refuses(['plug'], /no component to plug/);
    refuses(['plug', MGREP], /no output: say where to with -o/);
    refuses(['plug', MGREP, '-o'], /-o needs a value/);
    refuses(['plug', MGREP, '--output='], /no output/);
    refuses(['plug', MGREP, MGREP, '-o', 'x'], /more than one component/);
    refuses(['plug', '-x', MGREP], /unknown option: -x/);
    refuses(['plug', '--dir=.', MGREP], /unknown option: --dir=\./);
    refuses(['plug', '-o', 'x', '--', '-y'], /no such file: -y/);
    assert.match(
      plug('--help').out,
      /^Usage: .*\n(?: +wasi-mmap serve .*\n)? +wasi-mmap plug \[options\] component\.wasm -o OUTPUT\n/,
    );
  });

  test('components that cannot be plugged', async () => {
    const output = join(folder, 'nothing.wasm');
    const refusesGuest = (path: string, message: RegExp) => refuses(['plug', path, '-o', output], message);
    refusesGuest('no-such.wasm', /no such file: no-such\.wasm/);
    refusesGuest(folder, /cannot read .*(EISDIR|Is a directory)/);
    refusesGuest('package.json', /package\.json is not WebAssembly/);
    refusesGuest('build/guests/c/mgrep.core.wasm', /is a core module, not a component/);
    refusesGuest(
      'build/guests/c/verbs.wasm',
      /verbs\.wasm does not import wasi-mmap:mmap\/mapping: there is nothing to/,
    );
    refusesGuest(plugged(MGREP), /there is nothing to plug/);

    const broken = join(folder, 'broken.wasm');
    writeFileSync(broken, readFileSync(MGREP).subarray(0, 5000));
    refusesGuest(broken, /is no valid component: unexpected end-of-file/);
    const later = renamed(MGREP, 'later.wasm', 'wasi-mmap:mmap/mapping@0.2.0', 'wasi-mmap:mmap/mapping@0.3.0');
    refusesGuest(
      later,
      /imports wasi-mmap:mmap\/mapping@0\.3\.0, which has no polyfill: files of WASI 0\.3 are read by functions that/,
    );
    const other = '(component (import "wasi-mmap:mmap/mapping@0.2.0" (instance (export "mmap" (func)))))';
    refusesGuest(
      await component('other.wasm', other),
      /imports wasi-mmap:mmap\/mapping@0\.2\.0, which does not fit the/,
    );
    assert.not(existsSync(output));
  });

  test('components made to break it', async () => {
    const nested = Array.from({ length: 50_000 }, (_, at) => `(type $t${at + 1} (list $t${at}))`).join('');
    const deep = `(component (type $t0 (list u8)) ${nested} (import "f" (func (param "p" $t50000))))`;
    refuses(['plug', await component('deep.wasm', deep), '-o', 'x'], /is no valid component: type nesting is too deep/);
    // Components on which wac panics.
    const exact = `(component
      (core type $m (module (type $f (func)) (import "" "" (func (exact (type $f))))))
      (import "m" (core module (type $m))))`;
    refuses(
      ['plug', await component('exact.wasm', exact), '-o', 'x'],
      /cannot be plugged: .*wac cannot read it \(.*unreac/,
    );
  });

  test('the output: a file, complete or not there', () => {
    const [output, bytes] = [newFolder(), readFileSync(plugged(MGREP))];
    const path = join(output, 'out.wasm');
    assert.is(plug(`--output=${path}`, '--', MGREP).code, 0);
    assert.ok(readFileSync(path).equals(bytes));
    refuses(
      ['plug', MGREP, '-o', join(output, 'none/out.wasm')],
      /cannot write .*none\/out\.wasm: (ENOENT|No such file)/,
    );
    refuses(['plug', MGREP, '-o', output], /cannot write .*(EISDIR|Is a directory)/);
    refuses(['plug', MGREP, '-o', '/dev/full'], /cannot write \/dev\/full: (ENOSPC|No space)/);
    assert.equal(readdirSync(output), ['out.wasm']);
    assert.ok(statSync('/dev/full').isCharacterDevice());
  });

  test('the output: what is there', () => {
    const [output, bytes] = [newFolder(), readFileSync(plugged(MGREP))];
    const path = join(output, 'guest.wasm');
    writeFileSync(path, readFileSync(MGREP), { mode: 0o600 });
    symlinkSync('guest.wasm', join(output, 'link.wasm'));
    assert.is(plug(path, '-o', join(output, 'link.wasm')).code, 0);
    assert.ok(readFileSync(path).equals(bytes));
    assert.is(statSync(path).mode & 0o777, 0o600);
    assert.equal(readdirSync(output), ['guest.wasm', 'link.wasm']);
  });

  test('the output: standard output', () => {
    const { code, out } = plug(MGREP, '-o', '-');
    assert.is(code, 0);
    assert.ok(out === readFileSync(plugged(MGREP), 'latin1'));
  });

  test('a guest for an older version of WASI 0.2', () => {
    const older = plugged(renamed(MGREP, 'older.wasm', '@0.2.12', '@0.2.10'));
    const { out, error } = start(WASMTIME, ['--dir', `${newData()}::/`, older, '-n', 'needle', 'text']);
    assert.is(out, '2:hay needle\n', error);
  });

  for (const language of ['c', 'rust', 'javascript']) {
    test(`programs in ${language}, plugged, in the plain wasmtime`, () => {
      const data = newData();
      const mgrep = plugged(`build/guests/${language}/mgrep.wasm`);
      const grep = (...words: string[]) => start(WASMTIME, ['--dir', `${data}::/`, mgrep, ...words]);
      assert.is(grep('-n', 'needle', 'text').out, '2:hay needle\n');
      assert.is(grep('-c', 'hay', 'text').out, '3\n');
      assert.is(grep('nothing', 'text').code, 1);
      if (language === 'javascript') return; // Another 15 MB to translate.
      const mreplace = plugged(`build/guests/${language}/mreplace.wasm`);
      assert.is(start(WASMTIME, ['--dir', `${data}::/`, mreplace, 'needle', 'NEEDLE', '/text']).out, '/text: 1\n');
      assert.is(readFileSync(join(data, 'text'), 'utf8'), TEXT.replace('needle', 'NEEDLE'));
    });
  }

  test.run();
}

const test = suite('plug, both commands');

test('the same guest makes the same bytes', () => {
  for (const guest of [MGREP, 'build/guests/rust/mgrep.wasm', 'build/guests/javascript/mgrep.wasm']) {
    const [first, ...others] = [...Object.values(COMMANDS), ...Object.values(COMMANDS)].map(
      (command) => start(command, ['plug', guest, '-o', '-']).out,
    );
    for (const other of others) assert.ok(other === first, guest);
  }
});

for (const [name, { text, reason, refused, isForeign = false }] of Object.entries(GUESTS)) {
  test(`${refused ? 'refused' : reason ? 'composed' : 'fused'}: ${name}`, async () => {
    const guest = await component('guest.wasm', text);
    if (refused) {
      for (const command of Object.values(COMMANDS)) refusal(command)(['plug', guest, '-o', '-'], refused);
      return;
    }
    const said = reason ? `composed, because ${reason}` : 'fused: the polyfill is inside of the component';
    const outputs = Object.values(COMMANDS).map((command) => {
      const { code, out, error } = start(command, ['plug', guest, '--explain', '-o', '-']);
      assert.is(code, 0, error);
      assert.is(error, `wasi-mmap: ${guest}: ${said}\n`);
      return out;
    });
    for (const output of outputs) assert.ok(output === outputs[0]);
    if (isForeign) return;
    const plugged = join(newFolder(), 'plugged.wasm');
    writeFileSync(plugged, outputs[0] as string, 'latin1');
    const data = newData();
    // Translations take long; versions in between have nothing of their own there.
    const inNode = !/0\.2\.([1-9]|1[01])$/.test(name);
    for (const run of [WASMTIME, ...(inNode ? [[...(COMMANDS['node'] as Command), 'run'] satisfies Command] : [])]) {
      const { code, error } = start(run, ['--dir', `${data}::/`, plugged]);
      assert.is(code, 0, error);
    }
  });
}

test('the same composition, if that is asked for', () => {
  const [fused, first, ...others] = [
    start(COMMANDS['node'] as Command, ['plug', MGREP, '-o', '-']),
    ...Object.values(COMMANDS).map((command) => start(command, ['plug', '--compose', '--explain', MGREP, '-o', '-'])),
  ];
  for (const other of others) assert.equal(other, first);
  assert.is(first?.error, `wasi-mmap: ${MGREP}: composed, because that was asked for\n`);
  assert.not(first?.out === fused?.out);
  const plugged = join(newFolder(), 'composed.wasm');
  writeFileSync(plugged, String(first?.out), 'latin1');
  const { out, error } = start(WASMTIME, ['--dir', `${newData()}::/`, plugged, '-n', 'needle', 'text']);
  assert.is(out, '2:hay needle\n', error);
});

test('the same help', () => {
  const [first, ...others] = Object.values(COMMANDS).map((command) => start(command, ['--help']).out);
  for (const other of others) assert.is(other, first);
});

test.run();
