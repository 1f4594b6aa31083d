/**
 * The page of tests/browser as one file that needs no server: browsers load neither modules nor WebAssembly over file://, so
 * all of it is inside. Bundled by esbuild, which the package is tested with too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { translateGuests } from '../browser/guests.mjs';

const PAGE = 'tests/browser/page';
const VIEWER = 'build/browser/viewer';
const POLYFILL = 'dist/polyfill/component';

const toUrl = (path: string): string => `data:application/wasm;base64,${readFileSync(path).toString('base64')}`;

const coreModules = (folder: string): string[] => readdirSync(folder).filter((name) => name.endsWith('.wasm'));

/** The core modules as URLs that hold their bytes. */
const urlsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(coreModules(folder).map((name) => [name, toUrl(join(folder, name))]));

/** Puts the components into the bundle, instead of what fetches them. */
const inline: Plugin = {
  name: 'inline',
  setup(bundler) {
    bundler.onLoad({ filter: /[/\\]page[/\\]components\.mjs$/ }, () => ({
      resolveDir: VIEWER,
      contents: `
        import { instantiate } from './component.js';
        const urls = ${JSON.stringify(urlsOf(VIEWER))};
        export const component = async () => instantiate;
        export const coreModule = (_, path) => WebAssembly.compileStreaming(fetch(urls[path]));`,
    }));
    bundler.onLoad({ filter: /[/\\]polyfill[/\\]component[/\\]modules\.js$/ }, ({ path }) =>
      // One of this name only passes the other on.
      path.includes('portable')
        ? undefined
        : {
            contents: `
              const urls = ${JSON.stringify(urlsOf(POLYFILL))};
              export const modules = Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, () => new URL(url)]));`,
          },
    );
  },
};

/** The HTML of the page, with its style, its icon and its program inside. @param back what leads to the rest of the site */
export async function livePage(back: string): Promise<string> {
  await translateGuests(['viewer']);
  const { outputFiles } = await build({
    entryPoints: ['build/tests/browser/page/main.mjs'],
    bundle: true,
    format: 'esm', // A module inside of the page is not loaded from anywhere.
    platform: 'browser',
    conditions: ['browser'],
    external: ['node:*'],
    minify: true,
    legalComments: 'none',
    write: false,
    plugins: [inline],
  });
  const program = outputFiles[0]?.text.replaceAll('</script', '<\\/script') ?? '';
  const icon = readFileSync(join(PAGE, 'icon.svg')).toString('base64');
  const replace = (html: string, what: RegExp, by: string): string => {
    if (!what.test(html)) throw new Error(`${basename(PAGE)}/index.html has no ${what.source}`);
    return html.replace(what, () => by);
  };
  return [
    [/ *<script type="importmap">[^]*?<\/script>\n/, ''],
    [/ *<script type="module" [^>]*><\/script>\n/, ''],
    [/href="icon\.svg"/, `href="data:image/svg+xml;base64,${icon}"`],
    [/<link rel="stylesheet"[^>]*>/, `<style>\n${readFileSync(join(PAGE, 'style.css'), 'utf8')}</style>`],
    [/<header>/, `<header>\n      ${back}`],
    [/<\/body>/, `<script type="module">${program}</script>\n  </body>`],
  ].reduce(
    (html, [what, by]) => replace(html, what as RegExp, by as string),
    readFileSync(join(PAGE, 'index.html'), 'utf8'),
  );
}
