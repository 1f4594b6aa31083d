/**
 * The documents of the repository as HTML, by marked: it knows the Markdown of GitHub, has no dependencies, and is kept since
 * 2011. What a document links to is a page too.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { Marked } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';
import { escape, type Content } from './page.mjs';

/** A file of the repository, its title, and where its page is: `docs/PATH.html`. */
export interface Document {
  source: string;
  title: string;
  html: string;
}

export const addressOf = (source: string): string => `docs/${source.replace(/^\./, '')}.html`;

/** Leads from the page of a source to the top of the site. */
export const upFrom = (source: string): string => '../'.repeat(addressOf(source).split('/').length - 1);

function filesOf(...patterns: string[]): string[] {
  const { status, stdout, stderr } = spawnSync('git', ['ls-files', '--', ...patterns], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the site is made in a clone: ${stderr}`);
  return stdout.split('\n').filter(Boolean);
}

const sources = filesOf('*.md');

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The file that a link leads to; undefined if it leads to another site or to nothing. */
function targetOf(source: string, link: string): { file: string; anchor: string } | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const file =
    path === '' ? source : posix.normalize(posix.join(dirname(source), decodeURIComponent(path))).replace(/\/$/, '');
  const readme = `${file}/README.md`;
  return { file: sources.includes(readme) ? readme : file, anchor: anchor === undefined ? '' : `#${anchor}` };
}

/** A file that is no document, or the names of those in a folder. */
function plain(path: string): Content {
  const text = isFolder(path) ? filesOf(path).join('\n') : readFileSync(path, 'utf8');
  return { title: path, body: `<h1>${escape(path)}</h1>\n<pre class="file"><code>${escape(text)}</code></pre>` };
}

export interface Documents {
  documents: Document[];
  /** Pictures of the repository that the pages show, to be copied below `docs/`. */
  pictures: Set<string>;
}

/** All documents, and the files and folders that they link to. */
export function documents(): Documents {
  const pictures = new Set<string>();
  const linked = new Set<string>();
  const toAddress = (source: string, link: string): string => {
    const target = targetOf(source, link);
    if (!target) return link;
    if (target.file === source) return target.anchor;
    if (!sources.includes(target.file)) linked.add(target.file);
    return posix.relative(dirname(addressOf(source)), addressOf(target.file)) + target.anchor;
  };
  const toPicture = (source: string, link: string): string => {
    const target = targetOf(source, link);
    if (!target) return link;
    pictures.add(target.file);
    return posix.relative(dirname(addressOf(source)), `docs/${target.file}`);
  };
  const render = (source: string): Document => {
    const marked = new Marked(gfmHeadingId(), {
      walkTokens(token) {
        if (token.type === 'link') token['href'] = toAddress(source, token['href'] as string);
        if (token.type === 'image') token['href'] = toPicture(source, token['href'] as string);
        if (token.type === 'html')
          token['text'] = (token['text'] as string).replace(
            /\b(src|srcset)="([^"]*)"/g,
            (_, name: string, link: string) => `${name}="${toPicture(source, link)}"`,
          );
      },
      renderer: {
        // A table may be wider than a phone: it scrolls, not the page.
        table(token) {
          const cells = (row: typeof token.header, tag: string): string =>
            row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('');
          const lines = token.rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n');
          return `<div class="wide" tabindex="0"><table><thead><tr>${cells(token.header, 'th')}</tr></thead>\n<tbody>${lines}</tbody></table></div>\n`;
        },
      },
    });
    const text = readFileSync(source, 'utf8');
    return { source, title: /^# (.*)$/m.exec(text)?.[1] ?? source, html: marked.parse(text, { async: false }) };
  };
  const rendered = sources.map(render);
  const others = [...linked].map((path): Document => {
    const { title, body } = plain(path); // A link to nothing throws.
    return { source: path, title, html: body };
  });
  return { documents: [...rendered, ...others], pictures };
}
