// The static site, opened from its files in Chromium. Pictures of it are in build/reports/site.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findChromium, FLAGS } from '../browser/chromium.mjs';
import { buildSite } from './build.mjs';
import { matrix, type Outcome } from './matrix.mjs';

const SITE = 'build/site-test'; // With a matrix that is not of a run.
const REPORTS = 'build/reports/site';
const WIDTHS = [1280, 360];
const SCHEMES = ['light', 'dark'] as const;

/** As wide and long as the matrix of all targets. */
const OUTCOMES: Outcome[] = Array.from({ length: 30 * 12 }, (_, index) => ({
  suite: `subject ${index % 12}`,
  language: 'typescript',
  host: `plain-wasmtime-polyfill-${Math.floor(index / 12)}`,
  os: 'linux',
  arch: 'x64',
  libc: 'glibc',
  wasi: '0.2',
  passed: 120,
  failed: index % 7 === 0 ? 1 : 0,
  expected_failures: index % 5 === 0 ? 3 : 0,
  skipped: 0,
}));

const test = suite('the site');
const executablePath = findChromium();
let browser: Browser;

const pages = (): string[] =>
  readdirSync(SITE, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
const url = (name: string): string => pathToFileURL(resolve(SITE, name)).href;

/** Opens a page of the site as a file. Its errors are collected. */
async function open(
  name: string,
  width = 1280,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('requestfailed', (request) => {
    // A page that is left may still wait for its icon.
    if (request.failure()?.errorText !== 'net::ERR_ABORTED') errors.push(`${request.url()} cannot be had`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(url(name));
  return { page, errors };
}

const background = (page: Page): Promise<string> =>
  page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test.before(async () => {
  mkdirSync(REPORTS, { recursive: true });
  writeFileSync(`${REPORTS}/conformance.json`, JSON.stringify(OUTCOMES));
  await buildSite(SITE, `${REPORTS}/conformance.json`);
  browser = await chromium.launch({ executablePath: executablePath as string, args: FLAGS });
});

test.after(async () => {
  await browser.close();
});

test('each link inside the site leads to a page, and to a place in it', () => {
  const idsOf = new Map(
    pages().map((name) => {
      const html = readFileSync(join(SITE, name), 'utf8');
      return [name, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id = '']) => id))];
    }),
  );
  let count = 0;
  const broken: string[] = [];
  for (const name of pages()) {
    const html = readFileSync(join(SITE, name), 'utf8').replace(/<script[^]*?<\/script>/g, '');
    for (const [, , link = ''] of html.matchAll(/<[^>]* (href|src|srcset)="([^"]*)"/g)) {
      if (/^(https?|data|mailto):/.test(link)) continue;
      count += 1;
      const target = new URL(link, url(name));
      const file = relative(resolve(SITE), fileURLToPath(new URL(target.pathname, 'file:')));
      const anchor = decodeURIComponent(target.hash.slice(1));
      if (file.startsWith('..') || !existsSync(join(SITE, file))) broken.push(`${name}: ${link}`);
      else if (anchor && !idsOf.get(file)?.has(anchor)) broken.push(`${name}: ${link} has no such part`);
    }
  }
  assert.equal(broken, []);
  assert.ok(count > 150, `${count} links`);
});

test('no page is wider than its window', async () => {
  const wide: string[] = [];
  const { page, errors } = await open('index.html');
  for (const name of pages()) {
    await page.goto(url(name));
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const needs = await page.evaluate(() => document.documentElement.scrollWidth);
      if (needs > width) wide.push(`${name} at ${width}: ${needs}`);
    }
  }
  await page.context().close();
  assert.equal([wide, errors], [[], []]);
});

for (const scheme of SCHEMES) {
  test(`the plots are there, in ${scheme}, and not larger than a phone`, async () => {
    for (const width of WIDTHS) {
      const { page } = await open('index.html', width, scheme);
      const images = await page.$$eval('.plots img', (list) =>
        (list as HTMLImageElement[]).map(({ currentSrc, complete, naturalWidth, alt, clientWidth }) => ({
          name: currentSrc.replace(/.*\//, ''),
          isSeen: complete && naturalWidth > 0 && clientWidth > 300,
          alt,
        })),
      );
      assert.equal(
        images.map(({ name }) => name),
        ['random-reads', 'searching', 'guests', 'programs', 'instances', 'requests'].map(
          (name) => `${name}-${scheme}.svg`,
        ),
      );
      for (const { name, isSeen, alt } of images) {
        assert.ok(isSeen, `${name} at ${width}`);
        assert.match(alt, /\? .*\d/, 'the text says the values');
      }
      await page.screenshot({ path: `${REPORTS}/index-${width}-${scheme}.png`, fullPage: true });
      await page.context().close();
    }
  });
}

test('colours follow the scheme of the reader', async () => {
  const [light, dark] = [await open('index.html', 1280, 'light'), await open('index.html', 1280, 'dark')];
  assert.not.equal(await background(light.page), await background(dark.page));
});

test('the live page maps a file without a server, and says that there is no storage', async () => {
  for (const width of WIDTHS) {
    const { page, errors } = await open('live.html', width);
    await page.waitForSelector('body[data-ready]');
    await page.check('input[value=write]');
    await page.fill('#bytes', 'MMAP');
    await page.click('#write button');
    assert.match((await page.textContent('#status')) ?? '', /the second mapping and the file have it too/);
    assert.equal(errors, []);
    await page.screenshot({ path: `${REPORTS}/live-${width}.png`, fullPage: true });
    await page.check('input[value=opfs]');
    await page.waitForFunction(() => document.getElementById('status')?.textContent?.startsWith('No storage here'));
    await page.context().close();
  }
});

test('documents have their pictures, tables and code', async () => {
  const { page } = await open('docs/README.md.html', 360, 'dark');
  assert.ok((await page.locator('table').count()) >= 4);
  assert.ok((await page.locator('pre code').count()) >= 4);
  await page.screenshot({ path: `${REPORTS}/readme-360-dark.png` });
  await page.context().close();
});

test('the matrix has a line for each target, and marks what did not pass', () => {
  const outcome = { os: 'linux', arch: 'x64', libc: 'glibc', wasi: 'none', passed: 9, failed: 0, expected_failures: 0 };
  const html = matrix([
    { ...outcome, suite: 'reads', language: 'c', host: 'node', skipped: 0 },
    { ...outcome, suite: 'writes', language: 'c', host: 'node', skipped: 2 },
    { ...outcome, suite: 'reads', language: 'rust', host: '<node>', skipped: 0, failed: 1 },
  ]);
  assert.equal(
    [...html.matchAll(/<tr>.*?<\/tr>/g)].map(([line]) =>
      line.replace(/<\/t[hd]>/g, '|').replace(/<(?!small)[^>]*>/g, ''),
    ),
    [
      'target|reads|writes|',
      'c on node<small>linux-x64, glibc|9|9<small>2 skipped|',
      'rust on &lt;node&gt;<small>linux-x64, glibc|9<small>1 failed||',
    ],
  );
  assert.match(html, '<td class="failed">');
  assert.match(html, '<td class="partly">');
});

if (executablePath === undefined) {
  const absent = suite('the site');
  absent('there is a Chromium', () => {
    console.log('skips the site: no Chromium, see .build/setup.sh');
    assert.not.ok(process.env['CI'], 'CI needs Chromium');
  });
  absent.run();
} else test.run();
