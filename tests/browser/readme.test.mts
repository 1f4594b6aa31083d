// The page of ts/README.md, as pasted, with the files that the package has.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findChromium, start } from './chromium.mjs';

const SHIM = '@bytecodealliance/preview2-shim';
const executable = findChromium();

const page = /```html\n(<script type="importmap">[^]*?)```/.exec(readFileSync('ts/README.md', 'utf8'))?.[1] ?? '';
const importMap = (html: string): Record<string, string> =>
  (JSON.parse(/"importmap">([^]*?)<\/script>/.exec(html)?.[1] ?? '') as { imports: Record<string, string> }).imports;

test('its import map names what the package exports for browsers', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: { './polyfill': { browser: { default: string } } };
  };
  const exported = join('/node_modules/wasi-mmap', exports['./polyfill'].browser.default);
  assert.is(importMap(page)['wasi-mmap/polyfill'], exported);
  const ours = importMap(readFileSync('tests/browser/page/index.html', 'utf8'));
  assert.equal(Object.keys(ours), Object.keys(importMap(page)), 'and ours has the same names');
  assert.is(ours['wasi-mmap/polyfill'], exported.replace('/node_modules/wasi-mmap/dist', '/wasi-mmap'));
});

test('a page that maps a file, and runs a guest over it', async () => {
  if (executable === undefined) {
    console.log('skips the page of the README: no Chromium, see .build/setup.sh');
    assert.not.ok(process.env['CI'], 'CI needs Chromium');
    return;
  }
  const site = mkdtempSync(resolve('build', 'readme-page-'));
  try {
    mkdirSync(join(site, 'node_modules/wasi-mmap'), { recursive: true });
    mkdirSync(join(site, 'node_modules/@bytecodealliance'));
    symlinkSync(resolve('dist'), join(site, 'node_modules/wasi-mmap/dist'));
    symlinkSync(resolve('node_modules', SHIM), join(site, 'node_modules', SHIM));
    writeFileSync(join(site, 'index.html'), `<!doctype html><link rel="icon" href="data:,">${page}`);
    const jco = ['transpile', 'build/guests/rust/mgrep.wasm', '-o', join(site, 'out'), '--instantiation'];
    const { status, stderr } = spawnSync(process.execPath, ['.build/jco.mjs', ...jco], { encoding: 'utf8' });
    assert.is(status, 0, stderr);
    const session = await start(executable, { '/': site });
    try {
      await session.open('');
      for (let patience = 200; session.said.length + session.errors.length === 0 && patience > 0; patience -= 1) {
        await new Promise((done) => setTimeout(done, 100));
      }
      assert.equal([session.said, session.errors], [['TWO needles'], []]);
    } finally {
      await session.close();
    }
  } finally {
    rmSync(site, { recursive: true });
  }
});

test.run();
