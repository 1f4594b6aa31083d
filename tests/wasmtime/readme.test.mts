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
const SPANS = PLAIN.replace('let engine = Engine::default();\n', block('rust', 'let memories')).replace(
  'mmap: WasiMmapCtx::default()',
  'mmap: ctx',
);

const test = suite('the host of the README');
let project = '';

test.before(() => {
  mkdirSync('build', { recursive: true });
  project = mkdtempSync(resolve('build', 'readme-host-'));
  mkdirSync(join(project, 'src/bin'), { recursive: true });
  writeFileSync(join(project, 'src/bin/plain.rs'), PLAIN);
  writeFileSync(join(project, 'src/bin/spans.rs'), SPANS);
  const other = (text: string): string => (WASMTIME ? text.replaceAll('"48"', `"${WASMTIME}"`) : text);
  const dependencies = block('toml', '[dependencies]').replace('wasi-mmap/host/wasmtime', resolve('host/wasmtime'));
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

for (const host of ['plain', 'spans']) {
  test(`${host}: maps a file for a guest`, () => {
    writeFileSync(join(project, 'text'), 'one\ntwo needles\nthree\n');
    const { stdout, stderr } = run(host, 'build/guests/c/mgrep.wasm', ['-n', 'needle', '/text']);
    assert.is(stdout, '2:two needles\n', stderr);
  });

  test(`${host}: maps 1 GiB`, () => {
    writeFileSync(join(project, 'large'), 'first');
    truncateSync(join(project, 'large'), 2 ** 30);
    const { stdout, stderr } = run(host, 'build/programs/large.wasm', ['/large', '1024']);
    assert.is(stdout, 'the first byte: f, the last: 0\nstored: L\n', stderr);
  });
}

test.run();
