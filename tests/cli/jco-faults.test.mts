// The faults of jco that the command of Node mends in translations of WASI 0.3 (ts/cli/lowered.mts, tables.mts, addresses.mts).
// A failed test here means that a release has mended one. Needs `make guests`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mendAddresses } from '#addresses';
import { MAP_P3 } from '#generation';
import { addLowered } from '#lowered';
import { seal } from '#module';
import { mendTables } from '#tables';

const folder = mkdtempSync(join(tmpdir(), 'jco-faults-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const OPTIONS = {
  name: 'component',
  instantiation: 'async',
  emitTypescriptDeclarations: false,
  nodejsCompat: false,
} as const;

/** The translation of a component that calls everything of both generations. */
let code = '';
/** The translation of one that is called back. */
let calledBack = '';

async function translate(path: string): Promise<string> {
  const { bytes } = await seal(path, readFileSync(path));
  writeFileSync(join(folder, 'sealed.wasm'), bytes);
  const { files } = await transpileBytes(bytes, { ...OPTIONS, importBindings: 'js', map: MAP_P3 });
  return new TextDecoder().decode(files['component.js']);
}

test.before(async () => {
  calledBack = await translate('build/guests/wat/everything-callback-utf8.wasm');
  code = await translate('build/guests/wat/everything-0-3-utf8.wasm');
});

test('hybrid bindings panic', () => {
  const script = `import('@bytecodealliance/jco-transpile').then(({ transpileBytes }) =>
    transpileBytes(require('fs').readFileSync(process.argv[1]), { ...${JSON.stringify(OPTIONS)}, importBindings: 'hybrid' }));`;
  const { status, stderr } = spawnSync(process.execPath, ['-e', script, join(folder, 'sealed.wasm')], {
    encoding: 'utf8',
  });
  assert.is(status, 1, 'jco can do it now: ts/cli/lowered.mts can go');
  assert.match(stderr, /unexpected non-host resource table/);
});

test('the lowerings of the host are called, each with what it needs', () => {
  const lowered = addLowered(code);
  const calls = [
    ...lowered.matchAll(/\(([\w.$]+)\[Symbol\.for\('cabiLower'\)\]\?\.\(\{ (.*?) \}\) \?\? trampoline\d+\)/g),
  ];
  const said = calls.map(([, name = '', guest = '']) => `${name.replace(/\$\d+/, '')}: ${guest.replace(/\d+/g, '#')}`);
  const memory = 'memory: memory#, ';
  const each = [
    `Mapping.prototype.find: ${memory}resourceTables: [handleTable#]`,
    `Mapping.prototype.read: ${memory}realloc: realloc#, resourceTables: [handleTable#]`,
    `Mapping.prototype.rfind: ${memory}resourceTables: [handleTable#]`,
    `Mapping.prototype.write: ${memory}resourceTables: [handleTable#]`,
    `Span.prototype.advise: ${memory}resourceTables: [handleTable#]`,
    `Span.prototype.faulted: resourceTables: [handleTable#]`,
    `Span.prototype.flush: ${memory}resourceTables: [handleTable#]`,
    `attach: ${memory}resourceTables: [handleTable#, handleTable#]`,
  ];
  // Of both generations.
  assert.equal(
    said.sort(),
    each.flatMap((call) => [call, call]),
  );
  // All else stays as it is.
  const without = lowered.replace(
    /\([\w.$]+\[Symbol\.for\('cabiLower'\)\]\?\.\(\{ .*? \}\) \?\? (trampoline\d+)\)/g,
    '$1',
  );
  assert.ok(without === code);
  assert.is(addLowered('const a = trampoline1;'), 'const a = trampoline1;');
});

/** The tables in which handles are made, beside those that they are for. */
const tablesOf = (text: string): Array<[string, string]> =>
  [
    ...text.matchAll(/tableIdx: (\d+),\s+lowerFn:(?:(?!tableIdx)[\s\S])*?rscTableCreateOwn\(handleTable(\d+), rep\)/g),
  ].map(([, own = '', used = '']) => [own, used]);

test('a handle is in the table of another component', () => {
  const before = tablesOf(code);
  assert.ok(before.length > 10);
  assert.ok(before.some(([own, used]) => own !== used));
  const after = tablesOf(mendTables(code));
  assert.is(after.length, before.length);
  for (const [own, used] of after) assert.is(used, own);
});

test('addresses are signed', () => {
  for (const unsigned of [
    /^ *var ptr\d+ = arg\d+;$/m,
    /= (ctx\.)?realloc\d*\([^;]*\);$/m,
    /= await realloc\d+Async\([^;]*\);$/m,
    /dataView\(memory\d+\)\.\w+\(arg\d+ \+/,
    /\bdataPtr = ctx\.params\[0\];$/m,
    /hasResultPointer \? params\[params\.length - 1\] :/,
    /\bstart: ptr,$/m,
    /\bptr: resultPtr,$/m,
  ]) {
    assert.match(code + calledBack, unsigned);
    assert.not.match(mendAddresses(code + calledBack), unsigned);
  }
});

test.run();
