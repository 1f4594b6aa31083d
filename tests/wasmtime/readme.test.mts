// The host in the README of the crate for wasmtime, pasted into a new cargo project.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('a program that embeds wasmtime maps a file for a guest', () => {
  const readme = readFileSync('host/wasmtime/README.md', 'utf8');
  const block = (language: string, start: string): string => {
    const found = readme
      .split(`\`\`\`${language}\n`)
      .slice(1)
      .find((text) => text.startsWith(start));
    assert.ok(found, `the README has a block of ${language} that starts with ${start}`);
    return found.slice(0, found.indexOf('```'));
  };
  mkdirSync('build', { recursive: true });
  const project = mkdtempSync(resolve('build', 'readme-host-'));
  try {
    mkdirSync(join(project, 'src'));
    writeFileSync(join(project, 'src/main.rs'), block('rust', '// main.rs'));
    const dependencies = block('toml', '[dependencies]').replace('wasi-mmap/host/wasmtime', resolve('host/wasmtime'));
    const head = '[package]\nname = "readme-host"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n\n';
    // With the profile of the crate and all that its command depends on, cargo takes what it has compiled for that: wasmtime
    // is minutes of it.
    const http = 'wasmtime-wasi-http = { version = "48", default-features = false, features = ["p2"] }\n';
    const profile = '[profile.release]\nstrip = true\n';
    writeFileSync(join(project, 'Cargo.toml'), `${head}${dependencies}${http}\n${profile}`);
    copyFileSync('host/wasmtime/Cargo.lock', join(project, 'Cargo.lock')); // The versions that are tested.
    writeFileSync(join(project, 'text'), 'one\ntwo needles\nthree\n');
    const host = ['run', '--quiet', '--release', '--manifest-path', join(project, 'Cargo.toml'), '--'];
    const guest = [resolve('build/guests/c/mgrep.wasm'), project, '-n', 'needle', '/text'];
    const { stdout, stderr } = spawnSync('.build/cargo.sh', [...host, ...guest], { encoding: 'utf8' });
    assert.is(stdout, '2:two needles\n', stderr);
  } finally {
    rmSync(project, { recursive: true });
  }
});

test.run();
