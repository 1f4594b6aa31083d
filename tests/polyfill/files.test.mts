// File operations through the polyfill have the same results as without it: all output of two programs that use the standard
// libraries of Rust and C, and all files that they leave.
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FORMS, plugged, WASMTIME, type Form } from './forms.mjs';

/** A command that takes grants and a component, and its option for the polyfill. */
const HOSTS: Record<string, string[]> = {
  node: [process.execPath, 'dist/cli/main.mjs', 'run'],
  wasmtime: ['build/wasmtime/wasi-mmap', 'run'],
};

const PROGRAMS = ['build/guests/rust/std_fs.wasm', 'build/guests/c/files.wasm'];

/** The output of a program, and the files that it leaves. */
function results([program = '', ...words]: string[], component: string): Record<string, unknown> {
  const folder = mkdtempSync(resolve('build', 'files-'));
  try {
    const { status, stdout, stderr } = spawnSync(program, [...words, '--dir', `${folder}::/`, component], {
      encoding: 'utf8',
    });
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    const files = names.map((name) => {
      const path = join(folder, name);
      const facts = lstatSync(path);
      const content = facts.isSymbolicLink()
        ? readlinkSync(path)
        : facts.isFile() && readFileSync(path).toString('base64');
      return [name, facts.mode, facts.nlink, content];
    });
    return { status, lines: stdout.split('\n'), stderr, files };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [host, command] of Object.entries(HOSTS)) {
  const test = suite(`files through the polyfill, ${host}`);
  for (const component of PROGRAMS) {
    test(component, () => {
      const without = results(command, component);
      assert.is(without['status'], 0, String(without['stderr']));
      assert.ok((without['lines'] as string[]).length > 40, 'it did something');
      assert.equal(results([...command, '--no-native'], component), without);
    });
  }
  test.run();
}

/** The programs of each form in the plain wasmtime: all of them fused, and one composed. */
const PLUGGED: Record<Form, string[]> = { fused: PROGRAMS, composed: PROGRAMS.slice(1) };

for (const form of FORMS) {
  const test = suite(`files through the polyfill, ${form}, plain wasmtime`);
  for (const component of PLUGGED[form]) {
    test(component, () => {
      const without = results(HOSTS['wasmtime'] as string[], component);
      assert.is(without['status'], 0, String(without['stderr']));
      assert.equal(results([WASMTIME, 'run'], plugged(component, form)), without);
    });
  }
  test.run();
}

const node = suite('files through the polyfill, fused, node');
for (const component of PROGRAMS) {
  node(component, () => {
    const command = HOSTS['node'] as string[];
    const { stderr, ...without } = results(command, component);
    assert.is(without['status'], 0, String(stderr));
    const fused = results(command, plugged(component, 'fused'));
    delete fused['stderr']; // A line says that it is translated.
    assert.equal(fused, without);
  });
}
node.run();
