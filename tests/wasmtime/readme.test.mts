// The host in the README of the crate for wasmtime, pasted into a new cargo project.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

/** Another version of wasmtime than the README names, for `make wasmtimes`. */
const { WASMTIME } = process.env;

const readme = readFileSync('host/wasmtime/README.md', 'utf8');

function block(language: string, start: string): string {
  const found = readme
    .split(`\`\`\`${language}\n`)
    .slice(1)
    .find((text) => text.startsWith(start));
  assert.ok(found, `the README has a block of ${language} that starts with ${start}`);
  return found.slice(0, found.indexOf('```'));
}

/** The host as it stands, and with what the README says of spans in the place of its engine and context. */
const PLAIN = block('rust', '// main.rs');
const SPANS = PLAIN.replace('let engine = Engine::default();\n', block('rust', 'let spans')).replace(
  'mmap: WasiMmapCtx::default()',
  'mmap: ctx',
);

/** Takes the bytes as a buffer, which is a span, and 200 MiB of them as a list. */
const PYTHON = `
import mmap

with open("/large", "r+b") as file, mmap.mmap(file.fileno(), 0) as map:
    with memoryview(map) as view:
        first = bytes(view[:1])
        view[-1] = ord("L")
        last = bytes(view[-1:])
    part = map[: 200 << 20]
    map[100 : 100 + len(part)] = part[:-1] + b"L"
    print(first, last, len(part), map[99 + len(part) : 100 + len(part)])
`;

const test = suite('the host of the README');
let project = '';

test.before(() => {
  mkdirSync('build', { recursive: true });
  project = mkdtempSync(resolve('build', 'readme-host-'));
  mkdirSync(join(project, 'src/bin'), { recursive: true });
  writeFileSync(join(project, 'src/bin/plain.rs'), PLAIN);
  writeFileSync(join(project, 'src/bin/spans.rs'), SPANS);
  const other = (text: string): string => (WASMTIME ? text.replaceAll('"48"', `"${WASMTIME}"`) : text);
  const ours = `wasmtime-wasi-mmap = { path = "${resolve('host/wasmtime')}" }`;
  const dependencies = block('toml', '[dependencies]').replace(/^wasmtime-wasi-mmap = .*$/m, ours);
  const head = '[package]\nname = "readme-host"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n\n';
  // With the profile of the crate and all that its command depends on, cargo takes what it has compiled for that: wasmtime
  // is minutes of it.
  const http = 'wasmtime-wasi-http = { version = "48", default-features = false, features = ["p2"] }\n';
  const profile = '[profile.release]\nstrip = true\n';
  writeFileSync(join(project, 'Cargo.toml'), `${head}${other(dependencies + http)}\n${profile}`);
  // The versions that are tested.
  const tested = WASMTIME ? `build/wasmtime-${WASMTIME}` : 'host/wasmtime';
  copyFileSync(`${tested}/Cargo.lock`, join(project, 'Cargo.lock'));
});
test.after(() => rmSync(project, { recursive: true }));

function run(host: string, guest: string, words: string[]): { stdout: string; stderr: string } {
  const manifest = ['--manifest-path', join(project, 'Cargo.toml')];
  const cargo = ['run', '--quiet', '--release', ...manifest, '--bin', host, '--'];
  return spawnSync('.build/cargo.sh', [...cargo, resolve(guest), project, ...words], { encoding: 'utf8' });
}

function newLarge(): void {
  writeFileSync(join(project, 'large'), 'first');
  truncateSync(join(project, 'large'), 2 ** 30);
}

for (const host of ['plain', 'spans']) {
  test(`${host}: maps a file for a guest`, () => {
    writeFileSync(join(project, 'text'), 'one\ntwo needles\nthree\n');
    const { stdout, stderr } = run(host, 'build/guests/c/mgrep.wasm', ['-n', 'needle', '/text']);
    assert.is(stdout, '2:two needles\n', stderr);
  });

  test(`${host}: maps 1 GiB for C`, () => {
    newLarge();
    const { stdout, stderr } = run(host, 'build/programs/large.wasm', ['/large', '1024']);
    assert.is(stdout, 'the first byte: f, the last: 0\nstored: L\n', stderr);
  });

  test(`${host}: maps 1 GiB for Rust`, () => {
    newLarge();
    const { stdout, stderr } = run(host, 'build/guests/rust/large.wasm', ['/large']);
    const lines = [
      'read 209715200 bytes, the first is f',
      ...Array.from({ length: 4 }, () => 'past the end: out-of-range'),
      'where the refused write began: [0]',
      'mapped 1073741824 bytes, stored: 4',
      'the last: 0',
    ];
    assert.equal(stdout.split('\n').slice(0, -1), lines, stderr);
  });
}

// A list of so many bytes would trap.
for (const language of ['c', 'rust']) {
  test(`searches for 129 MiB, by the library for ${language}`, () => {
    newLarge();
    const steps = [`find:0:${129 * 2 ** 20}:0:${2 ** 30}`, `find:0:${129 * 2 ** 20}:1:${2 ** 30}`];
    const { stdout, stderr } = run('plain', `build/guests/${language}/needles.wasm`, ['/large', ...steps]);
    assert.is(stdout, '0\nnone\n', stderr);
  });
}

test('spans: maps 1 GiB for Python', () => {
  newLarge();
  writeFileSync(join(project, 'large.py'), PYTHON);
  const { stdout, stderr } = run('spans', 'build/guests/python/contract.wasm', ['/large.py']);
  assert.is(stdout, "b'f' b'L' 209715200 b'L'\n", stderr);
});

test.run();
