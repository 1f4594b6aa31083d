// The imports of the sources: no circles, and none between host and polyfill.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const FOLDERS = ['ts', 'guest/js'];

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?ts$/.test(name) && !name.includes('node_modules'))
    .map((name) => normalize(join(folder, name)).replaceAll('\\', '/')),
);

/** Where private names of the package lie, if not beside the command. */
const PLACES: Readonly<Record<string, string>> = { '#native': 'ts/node/', '#engines': 'ts/host/' };

/** The file of a relative import; undefined for a package, and for what jco generates. */
function resolveImport(from: string, name: string): string | undefined {
  const path = name.startsWith('#')
    ? normalize(name.replace('#', PLACES[name] ?? 'ts/cli/'))
    : normalize(join(dirname(from), name));
  const base = path.replace(/\.m?[jt]s$/, '');
  const ending = name.endsWith('.mjs') ? 'm' : '';
  return [`${base}.${ending}ts`, `${base}.d.ts`]
    .map((file) => file.replaceAll('\\', '/'))
    .find((file) => existsSync(file));
}

/** Also types and dynamic imports. */
const imports = new Map(
  sources.map((from) => {
    const text = readFileSync(from, 'utf8').replaceAll(/\/\*.*?\*\//gs, '');
    const names = [...text.matchAll(/(?:from |import\(|import |new URL\()'([.#][^']*)'/g)].map(
      ([, name]) => name as string,
    );
    return [from, new Set(names.flatMap((name) => resolveImport(from, name) ?? []))] as const;
  }),
);

/** A path of imports from a file back to itself. */
function circle(from: string, way: string[] = []): string[] | undefined {
  if (way.includes(from)) return [...way.slice(way.indexOf(from)), from];
  for (const next of imports.get(from) ?? []) {
    const found = circle(next, [...way, from]);
    if (found) return found;
  }
  return undefined;
}

test('there are imports', () => {
  assert.ok(imports.get('ts/index.ts')?.has('ts/mmap.ts'));
  assert.ok(imports.get('ts/host/index.mts')?.has('ts/host/mapping.mts'));
  assert.ok(imports.get('guest/js/index.ts')?.has('ts/create-mmap.ts'));
});

test('no circle', () => {
  for (const from of sources) assert.is(circle(from)?.join(' -> '), undefined);
});

test('host and polyfill do not import each other, and shared code imports neither', () => {
  const strangers: Record<string, string[]> = {
    'ts/host/': ['ts/polyfill/', 'ts/cli/'],
    'ts/polyfill/': ['ts/host/', 'ts/cli/', 'ts/node/'],
    'ts/preview2-shim/': ['ts/host/', 'ts/polyfill/', 'ts/cli/', 'ts/node/'],
    'ts/node/': ['ts/host/', 'ts/polyfill/', 'ts/cli/', 'ts/preview2-shim/'],
  };
  for (const [folder, others] of Object.entries(strangers)) {
    for (const [from, names] of imports) {
      if (!from.startsWith(folder)) continue;
      const wrong = [...names].filter((name) => others.some((other) => name.startsWith(other)));
      assert.equal(wrong, [], from);
    }
  }
});

test.run();
