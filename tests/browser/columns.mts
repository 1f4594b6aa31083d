/** The contract suite in a page: each vector runs there as a whole, over a file system in memory. */
import { generationOf, POLYFILL, type About } from '../tools/about.mjs';
import type { Column, ReportedColumn } from '../contract/targets.mjs';
import type { Vector } from '../contract/vectors.mjs';
import { findChromium, start, type Session } from './chromium.mjs';
import { translateGuests } from './guests.mjs';

type Language = 'typescript' | 'rust' | 'c' | 'javascript' | 'c-fused' | 'c-composed';

/** `runVector` of page/suite.mts, which is compiled for pages. */
interface Suite {
  runVector(language: Language, vector: Vector): Promise<string | undefined>;
}

const SUITE = '/tests/browser/page/suite.mjs';
/** Subjects follow each other: the browser stays for the next one. */
const LINGER_MS = 3000;

const executable = findChromium();
const pages = new Map<Language, ReturnType<typeof openPage>>();
let session: Promise<Session> | undefined;
let leaving: NodeJS.Timeout | undefined;

async function openPage(language: Language): Promise<Awaited<ReturnType<Session['open']>>> {
  await translateGuests(language === 'typescript' ? ['viewer'] : ['viewer', language]);
  session ??= start(executable as string);
  return (await session).open('');
}

function pageOf(language: Language): ReturnType<typeof openPage> {
  clearTimeout(leaving);
  let page = pages.get(language);
  if (!page) pages.set(language, (page = openPage(language)));
  return page;
}

function leave(): void {
  clearTimeout(leaving);
  leaving = setTimeout(() => {
    void session?.then((started) => started.close());
    session = undefined;
    pages.clear();
  }, LINGER_MS);
}

async function runVector([from, ...args]: [string, Language, Vector]): Promise<string | null> {
  const suite = (await import(from)) as Suite;
  return (await suite.runVector(...args)) ?? null;
}

/** `navigator.userAgentData`, which is Chromium's own. */
interface UserAgentData {
  getHighEntropyValues(names: string[]): Promise<{ architecture: string; bitness: string; uaFullVersion: string }>;
}

async function askBrowser(): Promise<{ version: string; arch: string }> {
  const { userAgentData } = (globalThis as unknown as { navigator: { userAgentData: UserAgentData } }).navigator;
  const asked = await userAgentData.getHighEntropyValues(['architecture', 'bitness', 'uaFullVersion']);
  const { architecture, bitness, uaFullVersion: version } = asked;
  return {
    version,
    arch: bitness === '64' ? ({ x86: 'x64', arm: 'arm64' }[architecture] ?? architecture) : architecture,
  };
}

export function browser(language: Language): ReportedColumn {
  return {
    name: `${language}-browser`,
    language: language.startsWith('c-') ? 'c' : (language as Column['language']),
    host: 'browser',
    os: process.platform,
    arch: process.arch,
    missing: executable === undefined ? 'no Chromium' : undefined,
    async run(vector: Vector) {
      const call = `(${runVector.toString()})(${JSON.stringify([SUITE, language, vector])})`;
      return (await (await pageOf(language)).evaluate<string | null>(call)) ?? undefined;
    },
    async about(): Promise<About & { wasi: string }> {
      const asked = await (await pageOf(language)).evaluate(askBrowser);
      // A page has no C library.
      const wasi = generationOf(language === 'typescript' ? POLYFILL : `build/guests/${language}/contract.wasm`);
      return { runtime: 'chromium', ...asked, libc: 'none', wasi };
    },
    close: () => session && leave(),
  };
}

export const browserColumns: ReportedColumn[] = (['typescript', 'rust', 'c', 'javascript'] as const).map((language) =>
  browser(language),
);
