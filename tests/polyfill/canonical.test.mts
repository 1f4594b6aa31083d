// Wrong values at the border that was the canonical ABI's: the fused form checks what the engine checks of the composed one.
// Every scenario runs in the plain wasmtime on both forms, and on the fused one in Node.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { End } from '../host/scenarios.mjs';
import { instance, outcome } from '../host/support.mjs';
import { compiled, folder, FORMS, plugged, WASMTIME, type Form } from './forms.mjs';
import { called, content, noise, SCENARIOS, type Scenario } from './scenarios.mjs';

const MIB = 1 << 20;
const names = Object.keys(SCENARIOS);

const WIT = `package test:canonical;
world guest {
  import wasi:cli/exit@0.2.12;
  import wasi:filesystem/preopens@0.2.12;
  import wasi:filesystem/types@0.2.12;
  import wasi-mmap:mmap/mapping@0.2.0;
  import wasi-mmap:mmap/span@0.2.0;
  export scenario: func(number: u32) -> u32;
}`;

function tool(...args: string[]): void {
  const { status, stderr, error } = spawnSync('build/venv/bin/wasm-tools', args, { encoding: 'utf8' });
  assert.is(status, 0, stderr || String(error));
}

interface Exports {
  scenario(number: number): number;
}

/** The guest with all scenarios. */
function build(): string {
  const functions = [...names.map((name) => SCENARIOS[name]?.text ?? ''), ...called].map(
    (text, at) => `(func $scenario-${at} (result i32) (local $i i32) (local $n i32) (local $other i32)
      ${text.replace(/CALLED(\d+)/g, (_, index) => String(names.length + Number(index)))})`,
  );
  const text = readFileSync('tests/polyfill/guests/canonical.wat', 'utf8')
    .replace('(elem SCENARIOS)', () => `(elem ${functions.map((_, at) => `$scenario-${at}`).join(' ')})`)
    .replace('  FUNCTIONS)', () => `${functions.join('\n')})`);
  const path = (name: string): string => join(folder, name);
  writeFileSync(path('guest.wat'), text);
  mkdirSync(path('wit'));
  writeFileSync(path('wit/guest.wit'), WIT);
  cpSync('build/guests/wit/deps', path('wit/deps'), { recursive: true });
  tool('component', 'embed', path('wit'), path('guest.wat'), '--world', 'guest', '-o', path('typed.wasm'));
  tool('component', 'new', path('typed.wasm'), '-o', path('canonical.wasm'));
  return path('canonical.wasm');
}

const guest = build();
mkdirSync(join(folder, 'data'));
function writeFiles(): void {
  writeFileSync(join(folder, 'data/file'), content());
  writeFileSync(join(folder, 'data/large'), noise());
}

const expected = ({ end }: Scenario): End => (typeof end === 'function' ? end() : end);

const wasmtime = suite('canonical ABI, both forms in the plain wasmtime');
const paths = Object.fromEntries(FORMS.map((form) => [form, compiled(guest, form)])) as Record<Form, string>;

function invoke(form: Form, number: number, options: string[] = [], limit = ''): { end: End; error: string } {
  const words = ['run', '--allow-precompiled', ...options, '--dir', `${folder}/data::/`];
  const command = [WASMTIME, ...words, '--invoke', `scenario(${number})`, paths[form]];
  const { status, stdout, stderr } = spawnSync('sh', ['-c', `${limit} exec "$@"`, 'sh', ...command], {
    encoding: 'utf8',
  });
  if (/error while executing at wasm backtrace/.test(stderr)) return { end: 'trap', error: stderr };
  assert.is(status, 0, `${form} did not come to an end: ${stderr}`);
  assert.match(stdout, /^\d+\n$/);
  return { end: Number(stdout), error: stderr };
}

for (const [number, name] of names.entries()) {
  const scenario = SCENARIOS[name] as Scenario;
  // Under a limit of open files that a leak of some of them would reach.
  const limit = /rounds|again/.test(name) ? 'ulimit -n 40;' : '';
  wasmtime(name, () => {
    for (const form of FORMS) {
      writeFiles();
      const { end, error } = invoke(form, number, [], limit);
      assert.is(end, scenario[form] ?? expected(scenario), `${form}: ${error}`);
    }
  });
}

/** Scenarios that need more memory than a part of this limit. */
for (const [name, limit] of [
  ['find: 3145728 bytes across windows', 4 * MIB],
  ['3 MiB moved over windows, access 2', 3 * MIB],
] as const) {
  wasmtime(`without memory: ${name}`, () => {
    const number = names.indexOf(name);
    assert.ok(number >= 0);
    for (const form of FORMS) {
      writeFiles();
      const { end } = invoke(form, number, ['-W', `max-memory-size=${limit}`]);
      assert.is(end, 'trap', form);
    }
  });
}

wasmtime.run();

const node = suite('canonical ABI, fused, in Node');
const component = plugged(guest, 'fused');

for (const [number, name] of names.entries()) {
  const scenario = SCENARIOS[name] as Scenario;
  node(name, async () => {
    writeFiles();
    const exports = (await instance(component, 'hybrid', { '/': join(folder, 'data') })) as Exports;
    let end: End | undefined;
    const call = (): void => {
      end = exports.scenario(number);
    };
    const how = outcome(call);
    assert.is(end ?? how, scenario.node ?? expected(scenario));
    // What trapped in a call of the polyfill stays there.
    if (how === 'trap') assert.is(outcome(call), 'trap');
  });
}

node.run();
