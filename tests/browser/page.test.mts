// The page, used by mouse and keyboard. Pictures of it are in build/reports/browser.
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findChromium, start, type Session } from './chromium.mjs';
import { translateGuests } from './guests.mjs';

const REPORTS = 'build/reports/browser';
const WIDE = { viewport: { width: 1240, height: 1700 } };
const NARROW = { viewport: { width: 360, height: 2600 }, colorScheme: 'dark', deviceScaleFactor: 2 } as const;

const test = suite('the page');
const executable = findChromium();
let session: Session;

async function open(options: Parameters<Session['open']>[1] = WIDE): Promise<Page> {
  const page = await session.open('', options);
  await page.waitForSelector('body[data-ready]');
  return page;
}

const shoot = async (page: Page, name: string): Promise<void> =>
  void (await page.screenshot({ path: `${REPORTS}/${name}.png` }));

const text = async (page: Page, selector: string): Promise<string> => (await page.textContent(selector)) ?? '';
const status = (page: Page): Promise<string> => text(page, '#status');
const summary = (page: Page, pane: string): Promise<string> => text(page, `#${pane} .summary`);
const choose = (page: Page, access: string): Promise<void> => page.check(`input[value=${access}]`);

async function goTo(page: Page, offset: string): Promise<void> {
  await page.fill('#offset', offset);
  await page.click('#go button');
}

async function write(page: Page, bytes: string): Promise<void> {
  await page.fill('#bytes', bytes);
  await page.click('#write button');
}

/** The letters that a pane shows in its first row. */
const firstRow = (page: Page, pane: string): Promise<string> => text(page, `#${pane} tbody tr:first-child .letters`);

/** How many changed bytes a pane marks. */
const marked = (page: Page, pane: string): Promise<number> => page.locator(`#${pane} td.changed`).count();

/** Drops or chooses a file with these bytes. */
const upload = (name: string, content: string): { name: string; mimeType: string; buffer: Buffer } => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});

async function drop(page: Page, name: string, bytes: string): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content as string], fileName as string));
      return transfer;
    },
    [name, bytes],
  );
  await page.dispatchEvent('#drop', 'dragover', { dataTransfer });
  await page.dispatchEvent('#drop', 'drop', { dataTransfer });
  await page.waitForFunction((wanted) => document.getElementById('facts')?.textContent?.startsWith(wanted), name);
}

test.before(async () => {
  mkdirSync(REPORTS, { recursive: true });
  await translateGuests(['viewer']);
  session = await start(executable as string);
});

test.after(async () => {
  await session.close();
});

test('read: a write is refused, and no observer sees it', async () => {
  const page = await open();
  await write(page, 'MMAP');
  assert.match(await status(page), /^read-only: /);
  assert.is(await page.getAttribute('#status', 'data-state'), 'error');
  for (const pane of ['mapping', 'second', 'file']) assert.is(await summary(page, pane), 'as it was when mapped');
  await shoot(page, 'read-refused');
});

test('read: writes of another program are seen', async () => {
  const page = await open();
  await page.click('#other-writes');
  assert.match(await status(page), /This mapping sees it\.$/);
  for (const pane of ['mapping', 'second', 'file']) assert.is(await firstRow(page, pane), 'OTHERage');
  await shoot(page, 'read-sees-others');
});

test('write: the second mapping and the file have it at once', async () => {
  const page = await open();
  await choose(page, 'write');
  await write(page, 'MMAP');
  assert.match(await status(page), /^Wrote 4d 4d 41 50 at 0x0000: the second mapping and the file have it too\.$/);
  for (const pane of ['mapping', 'second', 'file']) {
    assert.is(await firstRow(page, pane), 'MMAPpage');
    assert.is(await marked(page, pane), 4);
    assert.is(await summary(page, pane), '4 bytes changed here');
  }
  await shoot(page, 'write');
});

test('copy: only the mapping has it, and a page once changed no longer follows the file', async () => {
  const page = await open();
  await choose(page, 'copy');
  await write(page, 'MMAP');
  assert.match(await status(page), /only this mapping has it\.$/);
  assert.equal([await firstRow(page, 'mapping'), await marked(page, 'mapping')], ['MMAPpage', 4]);
  for (const pane of ['second', 'file']) {
    assert.equal([await firstRow(page, pane), await marked(page, pane)], ['    page', 0]);
  }
  await shoot(page, 'copy');
  await page.click('#other-writes'); // In the page that was copied …
  assert.match(await status(page), /does not see it\.$/);
  await goTo(page, '0x1000');
  await page.click('#other-writes'); // … and in one that was not.
  assert.match(await status(page), /This mapping sees it\.$/);
  await shoot(page, 'copy-and-others');
});

test('a truncated file is a fault past its last page, and whole again when restored', async () => {
  const page = await open();
  await choose(page, 'write');
  await goTo(page, '0x1fc8');
  await page.click('#cut');
  assert.is(await summary(page, 'file'), 'ends at 0x1fc8');
  assert.match(await summary(page, 'mapping'), /^\d+ bytes changed here$/, 'the rest of the last page is zeros');
  await shoot(page, 'cut');
  await goTo(page, '0x2000');
  await write(page, 'MMAP');
  assert.match(await status(page), /^fault: /);
  assert.is(await summary(page, 'mapping'), 'fault from 0x2000 on');
  assert.is(await summary(page, 'second'), 'fault from 0x2000 on');
  await shoot(page, 'fault');
  await page.click('#restore');
  assert.is(await summary(page, 'mapping'), 'as it was when mapped');
  await write(page, 'MMAP');
  assert.is(await marked(page, 'file'), 4);
});

test('a search marks what it finds, in both directions', async () => {
  const page = await open();
  await page.fill('#needle', 'offset 0x10');
  await page.click('#next');
  assert.is(await status(page), 'Found at 0x100c.');
  assert.is(await page.locator('#mapping td.found').count(), 11);
  await shoot(page, 'found');
  await page.click('#next');
  assert.is(await status(page), 'Found at 0x102c.');
  await page.click('#previous');
  assert.is(await status(page), 'Found at 0x100c.');
  await page.fill('#needle', '0x6d6d6170 0a');
  await page.press('#needle', 'Enter');
  assert.is(await status(page), 'Found at 0x101b.');
  await page.fill('#needle', 'not there');
  await page.click('#previous');
  assert.is(await status(page), 'Not found before 0x101b.');
});

test('all of it from the keyboard alone', async () => {
  const page = await open();
  const focused = (): Promise<string> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id ?? '');
  /** Presses Tab until this is reached. */
  const tabTo = async (wanted: RegExp): Promise<void> => {
    for (let count = 0; count < 40; count += 1) {
      await page.keyboard.press('Tab');
      if (wanted.test(await focused())) return;
    }
    assert.unreachable(`Tab does not reach ${wanted}`);
  };
  await tabTo(/^choose$/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight'); // From read to write.
  assert.is(await page.isChecked('input[value=write]'), true);
  await tabTo(/^0x0000: 20/);
  for (const key of ['ArrowDown', 'ArrowRight', 'End', 'ArrowLeft', 'Home', 'ArrowRight'])
    await page.keyboard.press(key);
  assert.is(await focused(), '0x0009: 30 0');
  await page.keyboard.press('4');
  await page.keyboard.press('Escape');
  await shoot(page, 'keyboard');
  await page.keyboard.type('4d');
  assert.is(await focused(), '0x000a: 2c ,', 'the cursor moves on');
  assert.is(await page.getAttribute('#mapping td.changed', 'aria-label'), '0x0009: 4d M, changed');
  assert.is(await marked(page, 'file'), 1);
  await page.keyboard.press('Control+End');
  assert.is(await focused(), '0x2fff: 0a ·');
  await page.keyboard.press('ArrowRight');
  assert.is(await focused(), '0x2fff: 0a ·', 'and stays inside');
  await page.keyboard.press('PageUp');
  assert.is(await focused(), '0x2f7f: 0a ·');
  await tabTo(/^flush$/);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('status')?.textContent?.startsWith('Flushed'));
});

test('a file can be chosen, and dropped anywhere', async () => {
  const page = await open();
  await page.setInputFiles('#choose', upload('chosen.bin', 'chosen bytes'));
  await page.waitForFunction(() => document.getElementById('facts')?.textContent === 'chosen.bin: 12 bytes');
  assert.is(await firstRow(page, 'mapping'), 'chosen b');
  await drop(page, 'dropped file.txt', 'dropped');
  assert.is(await firstRow(page, 'file'), 'dropped ');
  await choose(page, 'write');
  await goTo(page, '5');
  await write(page, 'MMAP');
  assert.match(await status(page), /^out-of-range: /, 'mapping never extends a file');
  await shoot(page, 'dropped');
  assert.equal(await page.locator('#name option').allTextContents(), ['sample.txt', 'chosen.bin', 'dropped file.txt']);
  await drop(page, 'empty', '');
  assert.match(await status(page), /^empty-file: /);
  assert.is(await summary(page, 'mapping'), 'not mapped');
  await page.click('#remove');
  assert.is(await page.inputValue('#name'), 'sample.txt');
});

test('unmapped, it has no bytes, until it is mapped again', async () => {
  const page = await open();
  await page.click('#unmap');
  assert.is(await summary(page, 'mapping'), 'not mapped');
  assert.is(await summary(page, 'file'), 'as it was when mapped');
  assert.is(await page.isDisabled('#write button'), true);
  await shoot(page, 'unmapped');
  await page.click('#unmap');
  assert.is(await text(page, '#access'), 'read');
  assert.is(await firstRow(page, 'mapping'), '    page');
});

test('OPFS keeps the bytes for the next visit', async () => {
  const page = await open();
  const stored = (): Promise<unknown> =>
    page.waitForFunction(() => document.getElementById('stored')?.textContent === 'OPFS holds these bytes');
  await choose(page, 'opfs');
  await stored();
  await choose(page, 'write');
  await write(page, 'KEPT');
  await page.click('#flush');
  await page.waitForFunction(() => document.getElementById('status')?.textContent === 'Flushed: OPFS holds the bytes.');
  await shoot(page, 'opfs');
  await page.focus('#mapping td.cursor');
  await page.keyboard.type('21'.repeat(12)); // Faster than the page stores it.
  await stored();
  await choose(page, 'copy');
  await write(page, 'LOST');
  await stored();
  await page.reload();
  await page.waitForSelector('body[data-ready]');
  assert.is(await firstRow(page, 'file'), '    page', 'memory is new');
  await choose(page, 'opfs');
  await stored();
  for (const pane of ['mapping', 'second', 'file']) {
    assert.is(await firstRow(page, pane), 'KEPT!!!!');
    assert.is(await text(page, `#${pane} tbody tr:nth-child(2) .letters`), '!'.repeat(8));
  }
});

test('fits 360 pixels, in the dark', async () => {
  const page = await open(NARROW);
  await choose(page, 'copy');
  await write(page, 'MMAP');
  assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await shoot(page, 'narrow-dark');
});

test('the server serves only files that the page needs', async () => {
  const statuses = await Promise.all(
    // prettier-ignore
    ['', 'icon.svg', 'package.json', '..%2fserver.mts', 'wasi-mmap/..%2f..%2fpackage.json', 'tests/', 'preview2-shim/../package.json', '%']
      .map(async (path) => (await fetch(session.url + path)).status),
  );
  assert.equal(statuses, [200, 200, 404, 404, 404, 404, 404, 404]);
});

test('nothing went wrong in the pages', () => {
  assert.equal(session.errors, []);
});

if (executable === undefined) {
  const absent = suite('the page');
  absent('there is a Chromium', () => {
    console.log('skips the page: no Chromium, see .build/setup.sh');
    assert.not.ok(process.env['CI'], 'CI needs Chromium');
  });
  absent.run();
} else test.run();
