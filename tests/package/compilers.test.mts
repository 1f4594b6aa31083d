// The types of the package in the versions of TypeScript that are supported, with each resolution of modules, with and
// without the types of Node and of pages: compilers.test.mjs [--all] [WORD...]. Without --all, cells that differ most.
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { copySources, findTools, pack, skip, temporaryFolder, unpack } from './packed.mjs';

const VERSIONS = ['5.0', '5.4', '5.6', '5.7', '5.8', '5.9', '6.0', '7.0'] as const;
const TYPES = ['none', 'node-20', 'node-26'] as const;
const LIBRARIES = ['ES2022', 'ES2022,DOM', 'ESNext,DOM'] as const;
/** Each resolution with the modules that it belongs to. */
const RESOLUTIONS = { node16: 'node16', nodenext: 'nodenext', bundler: 'esnext' } as const;

interface Cell {
  version: (typeof VERSIONS)[number];
  types: (typeof TYPES)[number];
  library: (typeof LIBRARIES)[number];
  resolution: keyof typeof RESOLUTIONS;
}

const nameOf = ({ version, types, library, resolution }: Cell): string =>
  `TypeScript ${version}, types ${types}, lib ${library}, ${resolution}`;

/** The types of Node 26 need 5.6 themselves. */
const typesFor = (version: string): readonly Cell['types'][] => (version < '5.6' ? ['none', 'node-20'] : TYPES);

/** Here the types of Node 26 contradict the compiler's own for pages, whatever a program imports. */
const contradictsItself = ({ version, types, library }: Cell): boolean =>
  types === 'node-26' && library === 'ESNext,DOM' && (version === '5.7' || version === '5.8');

const matrix = VERSIONS.flatMap((version) =>
  typesFor(version).flatMap((types) =>
    LIBRARIES.flatMap((library) =>
      (['node16', 'nodenext', 'bundler'] as const).map((resolution): Cell => ({ version, types, library, resolution })),
    ),
  ),
);

/** The oldest, the one in which typed arrays became generic, and the newest, with what each can lack or has too much. */
const CHOSEN = new Set([
  'TypeScript 5.0, types none, lib ES2022, bundler',
  'TypeScript 5.0, types node-20, lib ES2022, node16',
  'TypeScript 5.4, types none, lib ES2022,DOM, nodenext',
  'TypeScript 5.7, types node-20, lib ES2022,DOM, node16',
  'TypeScript 5.9, types node-26, lib ESNext,DOM, nodenext',
  'TypeScript 7.0, types none, lib ES2022, node16',
  'TypeScript 7.0, types none, lib ESNext,DOM, bundler',
  'TypeScript 7.0, types node-20, lib ES2022, bundler',
  'TypeScript 7.0, types node-26, lib ESNext,DOM, nodenext',
]);

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const cells = matrix.filter((cell) => {
  const name = nameOf(cell);
  return (process.argv.includes('--all') || CHOSEN.has(name)) && words.every((word) => name.includes(word));
});

/** The programs that mean something in a cell. */
function programsOf({ version, types, library, resolution }: Cell): string[] {
  const [hasNode, hasPages] = [types !== 'none', library.includes('DOM')];
  return [
    'plain.ts',
    'parts.ts',
    ...(version === '5.0' ? [] : ['using.ts']),
    ...(hasNode ? ['node.ts'] : []),
    ...(hasNode || hasPages ? ['web.ts'] : []),
    ...(hasPages ? ['page.ts'] : []),
    ...(resolution === 'bundler' ? [] : ['common.cts']),
  ];
}

const tools = findTools('compilers');
if (tools === undefined) {
  test('compilers', () => skip('the matrix of compilers: this machine has none (.build/setup.sh compilers)'));
} else {
  const folder = temporaryFolder('compilers');

  test.before(() => {
    const archive = pack(folder);
    for (const types of TYPES) {
      const app = join(folder, types);
      copySources('types', app);
      unpack(archive, app);
      writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
      if (types === 'none') continue;
      mkdirSync(join(app, 'node_modules/@types'));
      const from = types === 'node-20' ? '@types/node' : 'types-node-26';
      symlinkSync(join(tools, from), join(app, 'node_modules/@types/node'));
    }
  });

  /** The messages of the compiler about programs in a cell. */
  function compile(cell: Cell, files: string[], options: object = {}): string {
    const app = join(folder, cell.types);
    const config = {
      compilerOptions: {
        target: 'es2022',
        lib: cell.library.split(','),
        types: cell.types === 'none' ? [] : ['node'],
        module: RESOLUTIONS[cell.resolution],
        moduleResolution: cell.resolution,
        strict: true,
        noEmit: true,
        skipLibCheck: contradictsItself(cell),
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        isolatedModules: true,
        verbatimModuleSyntax: true,
        ...options,
      },
      files,
    };
    writeFileSync(join(app, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(tools as string, `typescript-${cell.version}`, 'bin/tsc');
    const { stdout, stderr, status } = spawnSync(process.execPath, [tsc, '-p', app], { encoding: 'utf8' });
    return status === 0 ? '' : `${stdout}${stderr}` || `ended with ${status}`;
  }

  for (const cell of cells) {
    test(nameOf(cell), () => {
      if (contradictsItself(cell)) {
        writeFileSync(join(folder, cell.types, 'empty.ts'), 'export {};\n');
        assert.match(compile(cell, ['empty.ts'], { skipLibCheck: false }), /lib\.dom\.d\.ts.*TextDecoder/, 'mended');
      }
      assert.is(compile(cell, programsOf(cell)), '');
      // The condition changes what the name means, so this is a compilation of its own.
      if (cell.resolution !== 'bundler' || !cell.library.includes('DOM')) return;
      assert.is(compile(cell, ['browser.ts'], { customConditions: ['browser'] }), '', 'the condition browser');
    });
  }

  test('the compiler sees the types, and is not silent about everything', () => {
    const [cell] = cells as [Cell];
    writeFileSync(join(folder, cell.types, 'wrong.ts'), `import { mmap } from 'wasi-mmap'; mmap('file').nothing();`);
    assert.match(compile(cell, ['wrong.ts']), /'nothing' does not exist on type 'Mmap'/);
  });
}

test.run();
