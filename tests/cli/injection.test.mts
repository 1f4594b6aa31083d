// A component is data: no name in it becomes code of the host. Needs the components of `make guests` (build/guests/wat), and
// for some tests other versions of Node (`.build/setup.sh nodes`).
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { seal } from '#module';
import { UsageError } from '#options';
import { COMMANDS, component, folder, refusal, start, type Command } from './command.mjs';
import { command, CORE_NAMES, CORE_NAMES_P3, quote, toP3 } from './names.mjs';

const CASES = Object.entries(CORE_NAMES);
/** The same of WASI 0.3, and those that only it has. */
const CASES_P3 = [
  ...CASES.map(([where, text]) => [`${where} of WASI 0.3`, (name: string) => toP3(text(name))] as const),
  ...Object.entries(CORE_NAMES_P3),
];

/** Code that runs if a name gets out of its quotes: as a key of an object, as a property, as a statement. */
const ESCAPE = `process.getBuiltinModule('fs').writeFileSync('escaped', '')`;
const ATTACKS = [
  `x': {}, [(${ESCAPE}, 'y')]: {}, 'z`,
  `x'] ?? (${ESCAPE}) ?? exports0['y`,
  `x": 1, [(${ESCAPE}, 'y')]: 2, "z`,
  `x\`, (${ESCAPE}), \``,
  `\${${ESCAPE}}`,
  `x\\`,
  `x\n${ESCAPE}//`,
  `x\r${ESCAPE}//`,
  `x\u2028${ESCAPE}//`,
  `x\u2029${ESCAPE}//`,
  `*/ ${ESCAPE} /*`,
  'x\0',
  'x\x1b[2J',
  'x\u202ey',
  'x\ufeff',
];

/** Runs the command in a folder of its own, where a file would show that a name got out. */
let count = 0;
function place(): { cwd: string; escaped: string } {
  const cwd = join(folder, `place-${(count += 1)}`);
  mkdirSync(cwd);
  return { cwd, escaped: join(cwd, 'escaped') };
}

const NODE: Command = [process.execPath, resolve('dist/cli/main.mjs')];

for (const [where, text] of [...CASES, ...CASES_P3]) {
  test(`code as the name of ${where}`, async () => {
    for (const attack of ATTACKS) {
      let reason = '';
      await seal('it', await parse(text(attack))).catch((error: unknown) => {
        assert.instance(error, UsageError);
        reason = (error as Error).message;
      });
      assert.match(reason, /^cannot translate it: it has a name that no JavaScript can be made of: "[ -~]*"$/, attack);
    }
    const { cwd, escaped } = place();
    for (const attack of ATTACKS.slice(0, 2)) {
      const path = await component('attack.wasm', text(attack));
      refusal(NODE)(['run', path], /^wasi-mmap: cannot translate [^\n]+ has a name that no JavaScript[^\n]+\n$/, {
        cwd,
      });
    }
    assert.not.ok(existsSync(escaped));
  });
}

/** Names with a meaning in JavaScript, or odd ones, which are harmless. */
const HARMLESS = [
  '',
  ' ',
  '*',
  '__proto__',
  'constructor',
  'prototype',
  'then',
  'toString',
  'eval',
  'process',
  'import',
  '$imports',
  'cabi_post_wasi:cli/run@0.2.0#run',
  '[resource-drop]descriptor',
  'GOT.mem',
  '<T as std::ops::Fn<(A, B)>>::call {closure#0} -> !',
  '_ZNSt3__112basic_stringIcE',
  'größe',
  '名前',
];

for (const [host, program] of Object.entries(COMMANDS)) {
  test(`harmless names, on ${host}`, async () => {
    for (const name of HARMLESS) for (const [, text] of CASES) await seal('it', await parse(text(name)));
    // All of them as names of one imported module, and of its imports.
    const exports = HARMLESS.map((name) => `(func (export ${quote(name)}))`).join('');
    const imports = HARMLESS.map((name, at) => `(import ${quote(HARMLESS[at ^ 1] ?? 'a')} ${quote(name)} (func))`);
    const given = [...new Set(HARMLESS.map((_, at) => HARMLESS[at ^ 1] ?? 'a'))];
    const path = await component(
      `harmless-${host}.wasm`,
      command(`
        (core module $a ${exports})
        (core instance $a (instantiate $a))
        (core module $b ${imports.join('')})
        (core instance (instantiate $b ${given.map((name) => `(with ${quote(name)} (instance $a))`).join('')}))`),
    );
    const { code, error } = start(program, ['run', path]);
    assert.is(error, '');
    assert.is(code, 0);
  });

  test(`exports that JavaScript would call by itself, on ${host}`, async () => {
    const more = ['then', 'to-string', 'value-of', 'to-json', 'constructor', 'catch'];
    const path = await component(
      `exports-${host}.wasm`,
      command(
        '(core module $m (func (export "f"))) (core instance $m (instantiate $m)) (func $f (canon lift (core func $m "f")))',
        '',
        more.map((name) => `(export "${name}" (func $f))`).join(''),
      ).replace(/\)$/, `${more.map((name) => `(export "${name}" (func $f))`).join('')})`),
    );
    const { code, error } = start(program, ['run', path]);
    assert.is(error, '');
    assert.is(code, 0);
  });
}

const refuses = refusal(NODE);
const PLAIN = '(func)';

/** A command that imports a function. */
const importing = (name: string, item: string, type = PLAIN): string =>
  command(`(import "${name}" (instance ${item.startsWith('(') ? item : `(export "${item}" ${type})`}))`);

test(`what nobody provides, however JavaScript's objects are called`, async () => {
  const notThere = /imports what is not provided: [^\n]+\n$/;
  const OBJECTS = ['constructor', 'to-string', 'value-of', 'has-own-property', 'is-prototype-of', 'proto'];
  for (const name of OBJECTS) refuses(['run', await component('no.wasm', importing(name, 'is-frozen'))], notThere);
  for (const name of [...OBJECTS, 'default', 'then', 'bind', 'name', 'length']) {
    refuses(['run', await component('no.wasm', importing('wasi:cli/environment@0.2.0', name))], notThere);
  }
  for (const name of ['call', 'apply', 'bind', 'name', 'length', 'prototype', 'to-string', 'create-preopen']) {
    const item = `(export "descriptor" (type (sub resource))) (export "[static]descriptor.${name}" ${PLAIN})`;
    refuses(['run', await component('no.wasm', importing('wasi:filesystem/types@0.2.0', item))], notThere);
  }
  for (const name of ['constructor', 'to-string', 'value-of', 'dispose']) {
    const item = `(export "descriptor" (type $d (sub resource)))
      (export "[method]descriptor.${name}" (func (param "self" (borrow $d))))`;
    refuses(['run', await component('no.wasm', importing('wasi:filesystem/types@0.2.0', item))], notThere);
  }
  for (const name of [
    'wasi:cli/constructor',
    'wasi:cli/environment',
    'wasi:cli/environment@0.3.0',
    'wasi:io/x@0.2.0',
  ]) {
    refuses(['run', await component('no.wasm', importing(name, 'get-arguments'))], notThere);
  }
  refuses(['run', await component('no.wasm', command('(import "f" (func))'))], notThere);
  refuses(['run', await component('no.wasm', command('(import "m" (core module))'))], /passes core modules around/);
  refuses(['run', await component('no.wasm', command('(import "c" (component))'))], notThere);
});

test(`functions that are provided, of other types`, async () => {
  const misfit = /imports what is not provided: [^\n]+\n$/;
  const strange = [
    importing('wasi:cli/environment@0.2.0', 'get-arguments', '(func (result s32))'),
    importing('wasi:cli/exit@0.2.0', 'exit', '(func (param "status" (result string)))'),
    importing('wasi:clocks/wall-clock@0.2.0', 'now', '(func (result u64))'),
    importing('wasi:random/random@0.2.0', 'get-random-u64', '(func (param "then" string) (result u64))'),
    importing('wasi:filesystem/types@0.2.0', '(export "descriptor" (type (eq $t)))').replace(
      '(import',
      '(type $t (record (field "then" u32))) (import',
    ),
  ];
  for (const text of strange) refuses(['run', await component('strange.wasm', text)], misfit);
  const other = command().replace('(result i32) i32.const 0', '').replace('(func $run (result (result))', '(func $run');
  refuses(['run', await component('strange.wasm', other)], /of another type\n$/);
});

/** Twelve bytes each, as the name that they replace, so that sizes stay the same. */
const FOR_TERMINALS = ['a\x1b[2J\rgone\n\n', 'a\x9b2J\u2028gone', '\u202eenogx\u2066\x07'];

/** A component in which another name replaces "name-of-12-x". */
async function renamed(text: string, name: string): Promise<string> {
  const binary = Buffer.from(await parse(text)).toString('latin1');
  assert.is(Buffer.byteLength(name), 12);
  const path = join(folder, 'renamed.wasm');
  writeFileSync(path, Buffer.from(binary.replaceAll('name-of-12-x', Buffer.from(name).toString('latin1')), 'latin1'));
  return path;
}

for (const [host, program] of Object.entries(COMMANDS)) {
  test(`names that would command a terminal, on ${host}`, async () => {
    const trap = command('', '(func $name-of-12-x unreachable)').replace(
      '(result i32) i32.const 0)',
      '(result i32) call $name-of-12-x i32.const 0)',
    );
    for (const name of FOR_TERMINALS) {
      const refused = await renamed(command('(import "name-of-12-x" (func))'), name);
      const output = join(folder, 'renamed.plugged.wasm');
      for (const args of [
        ['run', refused],
        ['plug', refused, '-o', output],
      ]) {
        refusal(program)(args, /^wasi-mmap: [^\p{Cc}\p{Cf}\u2028\u2029]+\n$/u);
      }
      const { code, error } = start(program, ['run', await renamed(trap, name)]);
      assert.is(code, 134);
      assert.match(error, /trapped: [^\n]*unreachable/);
      assert.match(error.replaceAll('\n', ''), /^[^\p{Cc}\p{Cf}\u2028\u2029]+$/u);
    }
  });
}

const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasi-mmap');

for (const major of [20, 22, 24]) {
  test(`everything that is provided is there, and names stay names, with Node ${major}`, async () => {
    const name = `node-${process.platform}-${process.arch}`;
    const other = join(cache, 'nodes', `${name}-${major}`, 'node_modules', name, 'bin/node');
    const node = process.versions.node.startsWith(`${major}.`) ? process.execPath : other;
    if (!existsSync(node)) {
      console.log(`injection skips Node ${major}: this machine has none (.build/setup.sh nodes)`);
      assert.not.ok(process.env['CI'], `CI needs Node ${major}`);
      return;
    }
    const program: Command = [node, resolve('dist/cli/main.mjs')];
    const { cwd, escaped } = place();
    for (const encoding of ['utf8', 'utf16']) {
      for (const option of [[], ['--no-native']]) {
        const path = resolve(`build/guests/wat/everything-${encoding}.wasm`);
        const { code, error } = start(program, ['run', ...option, path], { cwd });
        assert.is(code, 134, error);
        assert.match(error, /everything-\w+\.wasm trapped: [^\n]*unreachable/);
      }
    }
    for (const attack of ATTACKS.slice(0, 2)) {
      for (const [, text] of CASES.slice(0, 3)) {
        const path = await component('attack.wasm', text(attack));
        refusal(program)(['run', path], /^[^\n]+ has a name that no JavaScript can be made of[^\n]+\n$/, { cwd });
      }
    }
    const path = await component('constructor.wasm', command('(import "constructor" (instance (export "f" (func))))'));
    refusal(program)(['run', path], /imports what is not provided: constructor\n$/, { cwd });
    assert.not.ok(existsSync(escaped));
  });
}

test('types that a component imports by themselves', () => {
  const { code, error } = start(NODE, ['run', 'build/guests/wat/types-utf8.wasm']);
  assert.is(code, 134, error);
  assert.match(error, /trapped: [^\n]*unreachable/);
});

test('a preopened directory is no file that can be mapped', () => {
  for (const program of Object.values(COMMANDS)) {
    for (const option of [[], ['--no-native']]) {
      const { code, error } = start(program, [
        'run',
        ...option,
        '--dir',
        `${folder}::/`,
        'build/guests/wat/preopen.wasm',
      ]);
      assert.is(code, 0, `${error} (${program.join(' ')} ${option.join(' ')})`);
    }
  }
});

test.run();
