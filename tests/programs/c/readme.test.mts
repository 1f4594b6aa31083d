// The C programs of guest/c/README.md, built and run with its commands.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const readme = readFileSync('guest/c/README.md', 'utf8');

function check(heading: string, program: string, output: string): void {
  const text = readme.split(`## ${heading}`)[1] ?? '';
  const block = (language: string): string => text.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';
  const folder = mkdtempSync(resolve('build', 'readme-c-'));
  try {
    writeFileSync(join(folder, `${program}.c`), block('c'));
    // The commands name files in the clone, which stays as it is.
    const here = relative('.', folder);
    const commands = block('sh')
      .replaceAll(new RegExp(String.raw`(?<![\w/])${program}\.`, 'g'), `${here}/${program}.`)
      .replaceAll(/(?<=[>\s])notes\.txt/g, `${here}/notes.txt`);
    for (const host of ['node dist/cli/main.mjs', 'build/wasmtime/wasi-mmap']) {
      const script = commands.replace('node dist/cli/main.mjs', host);
      const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], { encoding: 'utf8' });
      assert.is(status, 0, stderr);
      assert.is(stdout, output, stderr);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a C program finds the last error of a log', () => {
  check('The contract: wasi_mmap.h', 'last', 'last error at 3\n');
});

test('a C program with mmap becomes a component, and runs', () => {
  check('mmap in your C component', 'upper', 'A NOTE\n');
});

test.run();
