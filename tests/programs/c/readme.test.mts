// The README's C program that maps a file, built and run with its commands.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('a C program with mmap becomes a component, and runs', () => {
  const text = readFileSync('README.md', 'utf8').split('### mmap in your C component')[1] ?? '';
  const block = (language: string): string => text.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';
  const folder = mkdtempSync(resolve('build', 'readme-c-'));
  try {
    writeFileSync(join(folder, 'upper.c'), block('c'));
    // The commands name files in the clone, which stays as it is.
    const here = relative('.', folder);
    const commands = block('sh')
      .replaceAll(/(?<![\w/])upper\./g, `${here}/upper.`)
      .replaceAll(/(?<=[>\s])notes\.txt/g, `${here}/notes.txt`);
    for (const host of ['node dist/cli/main.mjs', 'build/wasmtime/wasi-mmap']) {
      const script = commands.replace('node dist/cli/main.mjs', host);
      const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], { encoding: 'utf8' });
      assert.is(status, 0, stderr);
      assert.is(stdout, 'A NOTE\n', stderr);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
