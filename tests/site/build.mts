/** Makes the static site in build/site: the plots, the matrix of conformance, the live page, and the documents. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readReport } from '../bench/compare.mjs';
import { describe, plotsOf } from '../bench/questions.mjs';
import { addressOf, documents, upFrom, type Document } from './documents.mjs';
import { livePage } from './live.mjs';
import { matrix, type Outcome } from './matrix.mjs';
import { escape, page, picture } from './page.mjs';

const SITE = 'build/site';
const KEPT = 'tests/bench/kept.json';
const PLOTS = 'tests/bench/plots';
const CONFORMANCE = 'build/reports/conformance.json';

function speed(): string {
  const report = readReport(KEPT);
  const { processor = 'a processor', cores, system } = report.machine;
  const busy = report.busy ? ' The machine was busy: ratios hold, times less so.' : '';
  const plots = plotsOf(report.results).map((plot) => picture('plots/', plot.name, describe(plot)));
  return `<section aria-labelledby="speed"><h2 id="speed">Speed</h2>
<p>Measured on ${escape(processor)}, ${cores} cores, ${escape(system)}, Node ${escape(report.versions['node'] ?? '')}.${busy}
<a href="${addressOf('tests/bench/README.md')}">How, and the other figures</a>.</p>
<div class="plots">${plots.join('\n')}</div></section>`;
}

/** @param report of `make conformance` */
function conformance(report: string): string {
  const table = existsSync(report)
    ? matrix(JSON.parse(readFileSync(report, 'utf8')) as Outcome[])
    : '<p class="missing">This copy of the site was made without the report of <code>make conformance</code>.</p>';
  return `<section aria-labelledby="conformance"><h2 id="conformance">Conformance</h2>
<p>Every implementation of <a href="${addressOf('wit/README.md')}">the contract</a> answers the same vectors, which CPython's
<code>mmap</code> confirms. The large counts are of those that passed; an
expected failure is what a target cannot do, and why stands in its file of expectations.
<a href="${addressOf('tests/README.md')}">How to run and extend them</a>.</p>
${table}</section>`;
}

function list(all: readonly Document[]): string {
  const items = all
    .filter(({ source }) => source.endsWith('.md'))
    .map(
      ({ source, title }) =>
        `<li><a href="${addressOf(source)}">${escape(title.replaceAll('`', ''))}</a> <small>${escape(source)}</small></li>`,
    );
  return `<section aria-labelledby="documents"><h2 id="documents">Documents</h2>
<ul class="documents">${items.join('\n')}</ul></section>`;
}

/** The beginning of the README, up to its second part. */
function lead(readme: Document): string {
  const head = readme.html.split('<h2')[0] ?? '';
  // Its links are those of a page in docs/.
  return head.replace(
    /\b(href|src|srcset)="(?![a-z]+:|#)([^"]*)"/g,
    (_, name: string, link: string) => `${name}="docs/${link}"`,
  );
}

/** @param report of `make conformance`; without it the site says so */
export async function buildSite(site = SITE, report = CONFORMANCE): Promise<void> {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), text);
  };
  rmSync(site, { recursive: true, force: true });
  mkdirSync(site, { recursive: true });
  cpSync('tests/site/style.css', join(site, 'style.css'));
  cpSync('tests/browser/page/icon.svg', join(site, 'icon.svg'));
  cpSync(PLOTS, join(site, 'plots'), { recursive: true });
  write('live.html', await livePage('<p><a href="index.html">wasi-mmap</a></p>'));
  const { documents: all, pictures } = documents();
  for (const { source, title, html } of all) write(addressOf(source), page({ title, body: html }, upFrom(source)));
  for (const path of pictures) cpSync(path, join(site, 'docs', path));
  const readme = all.find(({ source }) => source === 'README.md');
  if (!readme) throw new Error('there is no README.md');
  const start = `<p class="start"><a href="live.html">Try it in this browser</a> <a href="${addressOf('README.md')}">Read the documents</a></p>`;
  const body = [lead(readme), start, speed(), conformance(report), list(all)].join('\n');
  write('index.html', page({ title: 'wasi-mmap', body }, ''));
  write('.nojekyll', ''); // GitHub Pages serves the files as they are.
}

if (process.argv[1]?.endsWith('build.mjs')) {
  await buildSite();
  console.log(`the site is ${pathToFileURL(join(SITE, 'index.html')).href}`);
  if (!existsSync(CONFORMANCE))
    console.log(`WITHOUT the matrix of conformance: there is no ${CONFORMANCE} (make conformance)`);
}
