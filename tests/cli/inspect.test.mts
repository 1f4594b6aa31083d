// `wasi-mmap inspect`, of both commands: what it says of real components, and that hosts do what it says.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, component, folder, FOREIGN, refusal, start, type Command } from './command.mjs';
import { GUESTS } from './fused.mjs';

const VERBS = 'build/guests/c/verbs.wasm';
const MGREP = 'build/guests/c/mgrep.wasm';
const MGREP_P3 = 'build/guests/c/mgrep-0.3.wasm';

interface Named {
  name: string;
  functions: string[];
}

interface Report {
  kind: string;
  wasi: string[];
  bytes: number;
  coreModules: number;
  imports: Named[];
  exports: Named[];
  polyfill: { form: string; reason?: string };
  hosts: Array<{ host: string; runs: boolean; note?: string }>;
}

function inspect(command: Command, path: string): Report {
  const { code, out, error } = start(command, ['inspect', '--json', path]);
  assert.is(code, 0, error);
  return JSON.parse(out) as Report;
}

const hostOf = ({ hosts }: Report, name: string) => {
  const found = hosts.find(({ host }) => host === name);
  assert.ok(found, name);
  return found;
};

/** Nested more deeply than the engines read. */
const NESTED = `${'(component '.repeat(40)}${')'.repeat(40)}`;

for (const [host, command] of Object.entries(COMMANDS)) {
  const test = suite(`inspect, command for ${host}`);
  const refuses = refusal(command);

  test('wrong calls', () => {
    refuses(['inspect'], /no component to inspect/);
    refuses(['inspect', VERBS, MGREP], /more than one component/);
    refuses(['inspect', '--jsn', VERBS], /unknown option: --jsn/);
    refuses(['inspect', '--', '--json'], /no such file: --json/);
    refuses(['inspect', 'no-such.wasm'], /no such file: no-such\.wasm/);
    refuses(['inspect', folder], /cannot read /);
  });

  test('what is no component, and what is none that can be read', async () => {
    const text = join(folder, 'text.wasm');
    writeFileSync(text, 'hello');
    refuses(['inspect', text], /is not WebAssembly/);
    refuses(['inspect', await component('module.wasm', '(module)')], /is a core module, not a component/);
    const broken = join(folder, 'broken.wasm');
    writeFileSync(broken, readFileSync(VERBS).subarray(0, 5000));
    refuses(['inspect', broken], /is no valid component/);
    refuses(['inspect', await component('nested.wasm', NESTED)], /has components in components, more than 32 deep/);
  });

  test('a component that maps files', () => {
    const report = inspect(command, MGREP);
    assert.is(report.kind, 'command');
    assert.equal(report.wasi, ['0.2']);
    assert.is(report.bytes, readFileSync(MGREP).length);
    const ours = report.imports.filter(({ name }) => name.startsWith('wasi-mmap:mmap/'));
    assert.ok(ours.some(({ name }) => name === 'wasi-mmap:mmap/mapping@0.2.0'));
    assert.ok(ours.some(({ functions }) => functions.includes('mmap')));
    assert.ok(report.exports.some(({ name }) => name.startsWith('wasi:cli/run@0.2.')));
    assert.equal(report.polyfill, { form: 'fused' });
    assert.equal(
      report.hosts.map(({ host: name, runs }) => [name, runs]),
      [
        ['wasi-mmap run (wasmtime)', true],
        ['wasi-mmap run (Node)', true],
        ['wasi-mmap serve', false],
        ['wasmtime run', true],
        ['browsers, by jco', true],
      ],
    );
    assert.match(hostOf(report, 'wasmtime run').note ?? '', /after "wasi-mmap plug"/);
  });

  test('a component of WASI 0.3', () => {
    if (!existsSync(MGREP_P3)) return assert.is(process.platform, 'win32');
    const report = inspect(command, MGREP_P3);
    assert.ok(report.wasi.includes('0.3'));
    assert.is(report.polyfill.form, 'refused');
    assert.match(hostOf(report, 'wasi-mmap run (Node)').note ?? '', /Node 24\.20/);
    assert.not.ok(hostOf(report, 'wasmtime run').runs);
    assert.not.ok(hostOf(report, 'browsers, by jco').runs);
  });

  test('what it says of the polyfill is what plug does', async () => {
    if (command !== Object.values(COMMANDS)[0]) return; // The same module says it in all commands.
    for (const [name, { text, reason, refused }] of Object.entries(GUESTS)) {
      if (/0\.2\.([1-9]|1[01])$/.test(name)) continue; // Versions in between have nothing of their own.
      const { polyfill } = inspect(command, await component('guest.wasm', text));
      assert.is(polyfill.form, refused ? 'refused' : reason ? 'composed' : 'fused', name);
      if (refused) assert.match(polyfill.reason ?? '', refused, name);
      else assert.is(polyfill.reason, reason, name);
    }
  });

  test('what it says of this host is what the host does', async () => {
    const components = [
      VERBS,
      await component('empty.wasm', '(component)'),
      await component('foreign.wasm', FOREIGN),
      await component('exports.wasm', '(component (instance $run) (export "wasi:cli/run@0.2.0" (instance $run)))'),
    ];
    for (const path of components) {
      const { runs, note } = hostOf(inspect(command, path), `wasi-mmap run (${host === 'node' ? 'Node' : host})`);
      const { code, error } = start(command, ['run', path]);
      if (host === 'node') assert.is(code !== 2, runs, error);
      // The types of a component are the engine's business.
      else if (!/does not fit what is provided/.test(error)) assert.is(code !== 2, runs, error);
      if (!runs && code === 2 && note) assert.ok(error.includes(note.replace(/^it /, '')), `${note}: ${error}`);
    }
  });

  test('the text for people has the same facts', () => {
    const { code, out, error } = start(command, ['inspect', MGREP]);
    assert.is(code, 0, error);
    assert.match(out, /^build\/guests\/c\/mgrep\.wasm: a command of WASI 0\.2, \d+\.\d KiB, \d core modules\n/);
    assert.match(out, /\nit maps files by\n {2}wasi-mmap:mmap\/mapping@0\.2\.0: .*\bmmap\b/);
    assert.match(out, /\n {2}wasi:filesystem@0\.2\.\d+: types, preopens\n/);
    assert.match(out, /\nthe polyfill can be fused into it\n/);
    assert.match(out, /\n {2}wasmtime run {14}yes: after "wasi-mmap plug"\n/);
    const { out: foreign } = start(command, ['inspect', join(folder, 'foreign.wasm')]);
    assert.match(foreign, /a library without WASI, \d+ bytes, 1 core module\n/);
    assert.match(foreign, /\nit imports of others\n {2}foo:bar\/baz@1\.0\.0: f\n/);
    assert.match(foreign, /\n {2}browsers, by jco {10}yes: the page provides foo:bar\/baz@1\.0\.0\n/);
  });

  test.run();
}

const test = suite('inspect of both commands');

test('both commands say the same', () => {
  const [first, ...others] = Object.values(COMMANDS);
  for (const path of [VERBS, MGREP, MGREP_P3].filter(existsSync)) {
    for (const options of [[], ['--json']]) {
      const { out } = start(first as Command, ['inspect', ...options, path]);
      for (const other of others) assert.is(start(other, ['inspect', ...options, path]).out, out);
    }
  }
});

test.run();
