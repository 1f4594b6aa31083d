// The command proves that a translation is jco's own code before it keeps or runs it. Needs `make guests`, and for programs of
// others `make programs crates`.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAP_P3 } from '#generation';
import { seal } from '#module';
import { prove, UnprovenError } from '#prove';
import { COMPUTED, KEYS, NAMES, NODES, PRIVATES, PROPERTIES } from '#vocabulary';
import * as later from '#vocabulary-p3';
import { folder, start, type Command } from './command.mjs';
import { collect, KINDS, noWords, without } from './words.mjs';

/** Translates as ts/cli/translate.mts does. */
async function translate(path: string): Promise<{ text: string; generation: '0.2' | '0.3' }> {
  const { bytes, generation } = await seal(path, readFileSync(path));
  const { files } = await transpileBytes(bytes, {
    name: 'component',
    instantiation: 'async',
    ...(generation === '0.2' ? { importBindings: 'hybrid' } : { importBindings: 'js', map: MAP_P3 }),
    emitTypescriptDeclarations: false,
    nodejsCompat: false,
  });
  return { text: new TextDecoder().decode(files['component.js']), generation };
}

const vocabulary = { COMPUTED, KEYS, NAMES, NODES, PRIVATES, PROPERTIES };

/** Components that call every import, and pass values of every type to each other. */
const WHOLE = ['everything-utf8', 'everything-utf16', 'rich-utf8-utf8', 'rich-utf8-utf16', 'rich-utf16-utf8'];

/** It makes streams, which the others only pass on. */
const STEPS = 'rust/steps';
const hasSteps = existsSync(`build/guests/${STEPS}.wasm`);
/** The same of WASI 0.3. */
const WHOLE_P3 = [
  'wat/everything-0-3-utf8',
  'wat/everything-callback-utf16',
  'wat/rich-0-3-utf8-utf16',
  'wat/rich-callback-utf16-utf8',
  STEPS,
];

const translations = new Map<string, string>();
const translationsP3 = new Map<string, string>();
/** Translations that are quick to prove. */
let small = '';
let smallP3 = '';

test.before(async () => {
  small = (await translate('build/guests/wat/preopen.wasm')).text;
  smallP3 = (await translate('build/guests/wat/later.wasm')).text;
  for (const name of WHOLE) translations.set(name, (await translate(`build/guests/wat/${name}.wasm`)).text);
  // Debian's Rust makes no components of WASI 0.3.
  if (!hasSteps) console.log('proof skips rust/steps: rustc has no target wasm32-wasip2, for the components');
  for (const name of WHOLE_P3) {
    if (name === STEPS && !hasSteps) continue;
    const { text, generation } = await translate(`build/guests/${name}.wasm`);
    assert.is(generation, '0.3', name);
    translationsP3.set(name, text);
  }
});

test('the vocabulary is that of components that use everything, and no more', () => {
  for (const [texts, known, base] of [
    [translations, vocabulary, noWords()],
    [translationsP3, later, vocabulary],
  ] as const) {
    const all = noWords();
    for (const text of texts.values()) collect(text, all);
    const words = without(all, base);
    for (const kind of KINDS) {
      const isWhole = texts === translations || hasSteps;
      assert.equal(
        [...known[kind]].filter((word) => isWhole && !words[kind].has(word)),
        [],
        `${kind}: jco has them no more`,
      );
      assert.equal(
        [...words[kind]].filter((word) => !known[kind].has(word)),
        [],
        `${kind}: jco has them now`,
      );
    }
  }
});

test('nothing in the vocabulary leads out', () => {
  const properties = [
    'constructor',
    '__proto__',
    'getPrototypeOf',
    'setPrototypeOf',
    '__defineGetter__',
    'caller',
    'mainModule',
  ];
  for (const word of [
    'eval',
    'Function',
    'Reflect',
    'Proxy',
    'require',
    'process',
    'module',
    'global',
    'window',
    'self',
    'Worker',
    'WeakRef',
    'Buffer',
  ]) {
    assert.not.ok(vocabulary.NAMES.has(word) || later.NAMES.has(word), word);
  }
  for (const word of properties.slice(1)) {
    assert.not.ok(vocabulary.PROPERTIES.has(word) || later.PROPERTIES.has(word), word);
  }
  for (const kind of [
    'ImportDeclaration',
    'ImportExpression',
    'WithStatement',
    'TaggedTemplateExpression',
    'ExportAllDeclaration',
    'ExportDefaultDeclaration',
    'Super',
  ]) {
    assert.not.ok(vocabulary.NODES.has(kind), kind);
    assert.ok(kind === 'Super' || !later.NODES.has(kind), kind);
  }
});

test('every guest passes', async () => {
  const folders = ['guests/c', 'guests/rust', 'guests/javascript', 'guests/python', 'programs', 'crates'];
  const paths = folders
    .map((name) => join('build', name))
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
    // These three are not commands, and cores are not components.
    .filter((path) => path.endsWith('.wasm') && !/\.(core|typed)\.wasm$|(viewer|server|geo)\.wasm$/.test(path));
  for (const language of ['c', 'rust', 'javascript', 'python']) {
    assert.ok(
      paths.some((path) => path.startsWith(join('build/guests', language))),
      language,
    );
  }
  for (const path of paths) {
    const { text, generation } = await translate(path);
    try {
      prove(text, generation);
    } catch (error) {
      assert.unreachable(`${path}: ${(error as Error).message}`);
    }
  }
});

/** Statements that a component could want to run in its host. */
const STATEMENTS = [
  `process.exit()`,
  `globalThis.process.exit()`,
  `globalThis?.process?.env?.HOME`,
  `const a = globalThis;`,
  `globalThis['process'].exit()`,
  `globalThis.WebAssembly.instantiate()`,
  `import('node:fs')`,
  `import 'node:fs'`,
  `import fs from 'node:fs'`,
  `export * from 'node:fs'`,
  `export { a } from 'node:fs'`,
  `export default 1`,
  `export const then = 1`,
  `import.meta.url`,
  `import.meta.resolve('fs')`,
  `fetchCompile(import.meta.url)`,
  `fetch('http://localhost')`,
  `const a = fetch`,
  `eval('1')`,
  `(0, eval)('1')`,
  `new Function('')()`,
  `Function('')()`,
  `(() => 1).constructor('')()`,
  `(() => 1)['constructor']('')()`,
  'run[`constructor`]("")()',
  `run['con' + 'structor']('')()`,
  `const { constructor } = run`,
  `const { constructor: entry } = run`,
  `const { ['constructor']: entry } = run`,
  `const { 'constructor': entry } = run`,
  `let entry; ({ constructor: entry } = run);`,
  `function entry({ constructor: fn }) { fn('')(); } entry(run)`,
  `run.__proto__`,
  `Object.getPrototypeOf(run)`,
  `Object.getOwnPropertyDescriptors(run)`,
  `Object['getPrototypeOf'](run)`,
  `Reflect.get(run, 'constructor')`,
  `new Proxy({}, {})`,
  `require('fs')`,
  `console.constructor`,
  `console['log']('x')`,
  `table[name]`,
  `run[key]`,
  `imports[name]`,
  `imports['wasi:cli/run']`,
  `const entry = { ['a']: 1 }`,
  `const entry = { get a() { return 1; } }`,
  `const entry = { __proto__: run }`,
  `const entry = { 'escaped': 1 }`,
  'run`1`',
  `/a/.exec('a')`,
  `new RegExp('a')`,
  `debugger`,
  `class A extends Error {}`,
  `for (const key in run) {}`,
  `async function* entry() {}`,
  `new.target`,
  `this.constructor`,
  `setTimeout('process.exit()', 0).constructor`,
  `String.raw`,
  `Symbol.iterator`,
  `escaped()`,
  `let escaped`,
  `x: 1`,
  `readEnd.constructor`,
  `readEnd.resetAndNotifyPending(readEnd.constructor.constructor)`,
  `readEnd.resetAndNotifyPending(readEnd.constructor.CopyResult.COMPLETED.constructor)`,
  `class Stream extends Error { constructor(args) { super(super.constructor('')()); } }`,
  `class Stream extends Error { constructor(args) { super(args).constructor(''); } }`,
  `class Stream extends Error { drop(opts) { super.constructor(opts); } }`,
  `objects['constructor']`,
  `value[key]`,
];

/** They are accepted in code of WASI 0.3. */
const ACCEPTED_P3 = new Set(['Symbol.iterator']);

test('no other code does', () => {
  for (const text of translations.values()) prove(text);
  for (const text of translationsP3.values()) prove(text, '0.3');
  for (const text of translationsP3.values()) assert.throws(() => prove(text), /^the word|^Super|^the access/);
  refuseStatements(small, '0.2');
  refuseStatements(smallP3, '0.3');
});

function refuseStatements(text: string, generation: '0.2' | '0.3'): void {
  const spots = [
    text.length,
    text.indexOf('let promise, resolve, reject;'),
    text.indexOf('\n', text.indexOf('_initGenerator')),
  ];
  // The rules are the same in both, so one place is enough for the other.
  for (const spot of generation === '0.2' ? spots : spots.slice(1, 2)) {
    assert.ok(spot > 0);
    for (const statement of STATEMENTS) {
      if (generation === '0.3' && ACCEPTED_P3.has(statement)) continue;
      const hostile = `${text.slice(0, spot)}\n${statement};\n${text.slice(spot)}`;
      assert.throws(
        () => prove(hostile, generation),
        (error: unknown) => error instanceof UnprovenError,
        statement,
      );
    }
    // The statement is refused in every place.
    prove(`${text.slice(0, spot)}\nrun();\n${text.slice(spot)}`, generation);
  }
}

test('no code in place of the keys and names of core modules', () => {
  const text = small;
  const key = / n\d+: /.exec(text);
  const access = /\.n\d+\b/.exec(text);
  assert.ok(key && access);
  const replace = (found: RegExpExecArray, by: string): string =>
    text.slice(0, found.index) + by + text.slice(found.index + found[0].length);
  for (const [found, by] of [
    [key, ` 'x': {}, [(process.exit(), 'y')]: {}, 'z': `],
    [key, ` [process.exit()]: `],
    [key, ` escaped: `],
    [key, ` constructor: `],
    [key, ` __proto__: `],
    [key, ` get n0() { return 1; }, n1: `],
    [access, `['x'] ?? process.exit() ?? exports0['y']`],
    [access, `.escaped`],
    [access, `.constructor`],
    [access, `.__proto__`],
    [access, `['constructor']`],
    [access, `[name]`],
  ] as const) {
    assert.throws(
      () => prove(replace(found, by)),
      (error: unknown) => error instanceof UnprovenError,
      by,
    );
  }
});

test('text that is no module, too long or too deep', () => {
  const refused = (error: unknown): boolean => error instanceof UnprovenError;
  for (const text of [
    '',
    '(',
    '`',
    'export function instantiate() {}',
    `export const _util = {};`,
    '<!-- x',
    '#!/bin/sh',
  ]) {
    assert.throws(() => prove(text), refused, text);
  }
  assert.throws(() => prove(`run${'('.repeat(1_000_000)}`), refused);
  assert.throws(() => prove('run()\n'.repeat(3_000_000)), refused);
});

/** A jco that adds code to its output, as a flaw in it could do. */
let count = 0;
function wrongJco(code: string): { NODE_OPTIONS: string } {
  const place = join(folder, `wrong-${(count += 1)}`);
  mkdirSync(place);
  const real = pathToFileURL(createRequire(resolve('package.json')).resolve('@bytecodealliance/jco-transpile'));
  writeFileSync(
    join(place, 'jco.mjs'),
    `import * as jco from ${JSON.stringify(real.href)};
    export async function transpileBytes(bytes, options) {
      const { files } = await jco.transpileBytes(bytes, options);
      const text = new TextDecoder().decode(files['component.js']);
      ${code}
      return { files };
    }`,
  );
  const hook = `export async function resolve(name, context, next) {
    return name === '@bytecodealliance/jco-transpile' ? { url: new URL('jco.mjs', import.meta.url).href, shortCircuit: true } : next(name, context);
  }`;
  writeFileSync(join(place, 'hook.mjs'), hook);
  const entry = `import { register } from 'node:module';
    if (process.argv[1]?.endsWith('translate.mjs')) register('./hook.mjs', import.meta.url);`;
  writeFileSync(join(place, 'entry.mjs'), entry);
  return { NODE_OPTIONS: `--import ${pathToFileURL(join(place, 'entry.mjs')).href}` };
}

test('a translation that is not proven is neither kept nor run', () => {
  const program: Command = [process.execPath, resolve('dist/cli/main.mjs')];
  const component = resolve('build/guests/wat/everything-utf8.wasm');
  const attack = `process.getBuiltinModule('fs').writeFileSync('escaped', '')`;
  const put = (text: string): string => `files['component.js'] = new TextEncoder().encode(${text});`;
  for (const [code, message] of [
    [put(JSON.stringify(`${attack};\n`) + ' + text'), /is not its own code: the word "/],
    [put(`text + ${JSON.stringify(`\nawait import('node:fs')`)}`), /is not its own code: ImportExpression/],
    [`files['other.js'] = files['component.js'];`, /is not its own code: the files component\.js,other\.js/],
    [`files['../component.js'] = files['component.js'];`, /is not its own code: the files/],
    [`delete files['component.js'];`, /is not its own code: the files/],
    [`throw new Error('one\\ntwo');`, /cannot translate [^\n]+: one\n$/],
    [`process.abort();`, /jco gave up \(SIGABRT\)\n$/],
    [`process.exit(0);`, /jco gave up \(exit code 0\)\n$/],
  ] as const) {
    const cwd = join(folder, `run-${count}`);
    mkdirSync(cwd);
    const environment = { XDG_CACHE_HOME: join(cwd, 'cache') };
    const {
      code: status,
      out,
      error,
    } = start(program, ['run', component], { cwd, environment: { ...environment, ...wrongJco(code) } });
    assert.is(status, 2, error);
    assert.is(out, '');
    assert.match(error, /^[^\n]+\n$/);
    assert.match(error, message, error);
    assert.not.ok(existsSync(join(cwd, 'escaped')));
    assert.equal(readdirSync(join(cwd, 'cache/wasi-mmap/node')), []);
  }
});

test.run();
