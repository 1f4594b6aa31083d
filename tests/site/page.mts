/** What all pages of the site have. */

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

export const escape = (text: string): string => text.replace(/[&<>"]/g, (letter) => ESCAPES[letter] as string);

/** The part of a page of the site. */
export interface Content {
  title: string;
  /** HTML. */
  body: string;
}

/**
 * A page as HTML.
 *
 * @param up leads from the folder of the page to the top of the site, for example `../`
 */
export const page = ({ title, body }: Content, up: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escape(title)}</title>
    <link rel="icon" href="${up}icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="${up}style.css">
  </head>
  <body>
    <nav aria-label="Site">
      <a href="${up}index.html"><b>wasi-mmap</b></a>
      <a href="${up}live.html">Try it</a>
      <a href="${up}index.html#speed">Speed</a>
      <a href="${up}index.html#conformance">Conformance</a>
      <a href="${up}index.html#documents">Documents</a>
    </nav>
    <main>
${body}
    </main>
  </body>
</html>
`;

/** A plot in the scheme of the reader. @param folder with a slash at its end */
export const picture = (folder: string, name: string, text: string): string =>
  `<picture><source media="(prefers-color-scheme: dark)" srcset="${folder}${name}-dark.svg">` +
  `<img src="${folder}${name}-light.svg" alt="${escape(text)}"></picture>`;
