// The pages of the packages: what they link to is there, tables can be read, and the top page shows tested examples.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const read = (path: string): string => readFileSync(path, 'utf8');
const pages = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n');

/** The anchor that GitHub gives a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/** The headings of a page, outside of code. */
const anchorsOf = (path: string): string[] =>
  [
    ...read(path)
      .replace(/^```.*?^```/gms, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map((match) => anchor(match[1] as string));

test('links lead somewhere', () => {
  const broken: string[] = [];
  for (const page of pages) {
    const text = read(page).replace(/^```.*?^```/gms, '');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', place] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      const found = existsSync(file) && (place === undefined || anchorsOf(file).includes(place));
      if (!found) broken.push(`${page}: ${target}`);
    }
  }
  assert.equal(broken, []);
});

test('no cell of a table is a paragraph', () => {
  for (const page of pages) {
    for (const line of read(page)
      .split('\n')
      .filter((text) => text.startsWith('|'))) {
      for (const cell of line.split('|')) assert.ok(cell.trim().length <= 250, `${page}: ${cell.trim()}`);
    }
  }
});

test('the top page is short, and its examples are those that the packages test', () => {
  const top = read('README.md');
  assert.ok(Buffer.byteLength(top) <= 10 * 1024);
  const lines = (text: string): string[] => text.split('\n').filter((line) => !line.startsWith('// example.mjs'));
  const block = (text: string, start: RegExp): string => {
    const found = [...text.matchAll(/^```\w+\n(.*?)^```/gms)].find(([, code = '']) => start.test(code))?.[1];
    assert.ok(found, `${start}`);
    return lines(found).join('\n');
  };
  assert.is(block(top, /^import \{ mmap \}/), block(read('ts/README.md'), /^\/\/ example\.mjs/));
  assert.is(block(top, /^# app\.py/), block(read('guest/python/README.md'), /^# app\.py/));
});

test.run();
