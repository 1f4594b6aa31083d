// The C programs of guest/c/README.md, built and run with its commands.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NODES_P3, skipP3 } from '../../tools/p3.mjs';

const readme = readFileSync('guest/c/README.md', 'utf8');

const block = (heading: string, language: string): string =>
  readme.split(`\n## ${heading}\n`)[1]?.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';

/** Builds a program, which is below the same heading as the commands or below another one, and runs it. */
function check(heading: string, program: string, output: string, source = heading, node = 'node'): void {
  const folder = mkdtempSync(resolve('build', 'readme-c-'));
  try {
    writeFileSync(join(folder, `${program}.c`), block(source, 'c'));
    // The commands name files in the clone, which stays as it is.
    const here = relative('.', folder);
    const commands = block(heading, 'sh')
      .replaceAll(new RegExp(String.raw`(?<![\w/])${program}\.`, 'g'), `${here}/${program}.`)
      .replaceAll(/(?<=[>\s])notes\.txt/g, `${here}/notes.txt`);
    for (const host of [`${node} dist/cli/main.mjs`, 'build/wasmtime/wasi-mmap']) {
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

test('a C program becomes a command of WASI 0.3, and runs', () => {
  const [node] = NODES_P3;
  if (node === undefined) return skipP3('the README', 'there is no Node 24.20 or newer (.build/setup.sh nodes)');
  check('WASI 0.3', 'last', 'last error at 3\n', 'The contract: wasi_mmap.h', node);
});

test.run();
