/** Chromium without a window, with a temporary profile. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { serve } from './server.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

export const FLAGS = [
  '--no-sandbox', // Containers run tests as root, where Chromium has no sandbox.
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The browser to test with: `CHROMIUM`, or the first of its usual names in the `PATH`. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env['CHROMIUM'] ?? '', ...candidates].find((path) => existsSync(path));
}

export interface Session {
  url: string;
  /** Errors in pages. */
  errors: string[];
  /** Other messages of pages on the console. */
  said: string[];
  /** Opens a page with storage of its own. */
  open(path: string, options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
  close(): Promise<void>;
}

/** Serves the page, or other folders, and starts the browser. */
export async function start(executablePath: string, folders?: Record<string, string>): Promise<Session> {
  const { server, url } = await serve(0, folders);
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const errors: string[] = [];
  const said: string[] = [];
  return {
    url,
    errors,
    said,
    async open(path, options) {
      const page = await (await browser.newContext(options)).newPage();
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
        else said.push(message.text());
      });
      await page.goto(url + path);
      return page;
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
