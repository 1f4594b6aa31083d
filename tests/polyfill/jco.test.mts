// The fault of jco that .build/mend-loops.mjs mends in the polyfill. If the first test fails, a release has mended it: then
// the script can go.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { transpileBytes } from '@bytecodealliance/jco-transpile';
import { parse } from '@bytecodealliance/jco-transpile/wasm-tools';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const folder = mkdtempSync(resolve('build', 'jco-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

/** A component whose function `all` returns three resources that it owns. */
const LIST = `(component
  (type $item (resource (rep i32)))
  (core func $new (canon resource.new $item))
  (core module $main
    (import "host" "new" (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "all") (result i32)
      (i32.store (i32.const 64) (call $new (i32.const 10)))
      (i32.store (i32.const 68) (call $new (i32.const 20)))
      (i32.store (i32.const 72) (call $new (i32.const 30)))
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (i32.const 3))
      (i32.const 0)))
  (core instance $i (instantiate $main (with "host" (instance (export "new" (func $new))))))
  (func $all (result (list (own $item))) (canon lift (core func $i "all") (memory (core memory $i "memory"))))
  (component $outer
    (import "item" (type $item (sub resource)))
    (import "all" (func $all (result (list (own $item)))))
    (export $exported "item" (type $item))
    (export "all" (func $all) (func (result (list (own $exported))))))
  (instance $items (instantiate $outer (with "item" (type $item)) (with "all" (func $all))))
  (export "test:lists/items" (instance $items)))`;

const engine = (globalThis as unknown as { WebAssembly: { compile(bytes: Uint8Array): Promise<object> } }).WebAssembly;

type Item = { [Symbol.dispose](): void };
type Module = {
  readonly instantiate: (
    load: (name: string) => Promise<object>,
    imports: object,
  ) => Promise<Record<'test:lists/items', { all(): Item[] }>>;
};
const drop: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');

async function translate(name: string, minify: boolean): Promise<string> {
  const { files } = await transpileBytes(await parse(LIST), { name: 'list', instantiation: 'async', minify });
  const script = join(folder, `${name}.mjs`);
  writeFileSync(join(folder, 'list.core.wasm'), files['list.core.wasm'] as Uint8Array);
  writeFileSync(script, files['list.js'] as Uint8Array);
  return script;
}

async function itemsOf(script: string): Promise<Item[]> {
  const { instantiate } = (await import(pathToFileURL(script).href)) as Module;
  const load = (name: string) => engine.compile(readFileSync(join(folder, name)));
  return (await instantiate(load, {}))['test:lists/items'].all();
}

function dropAll(items: readonly Item[]): unknown {
  try {
    for (const item of items) item[drop]();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('resources of a list drop the last one', async () => {
  const error = dropAll(await itemsOf(await translate('faulty', false)));
  assert.match((error as Error | undefined)?.message ?? 'none', /unknown handle index/);
});

for (const minify of [false, true]) {
  test(`mended, ${minify ? 'and minified, ' : ''}each drops itself`, async () => {
    const script = await translate(`mended-${minify}`, minify);
    const { status, stderr } = spawnSync(process.execPath, ['.build/mend-loops.mjs', script], { encoding: 'utf8' });
    assert.is(status, 0, stderr);
    assert.is(dropAll(await itemsOf(script)), undefined);
    // There is nothing left to mend.
    assert.is(spawnSync(process.execPath, ['.build/mend-loops.mjs', script]).status, 1);
  });
}

test.run();
