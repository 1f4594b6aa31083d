// The package inside of programs: put into one file by bundlers, installed by other package managers, in one executable,
// without permissions, and twice in one program.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  realpathSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findChromium, start as openChromium } from '../browser/chromium.mjs';
import { findNodes } from '../tools/platforms.mjs';
import { findTools, pack, skip, temporaryFolder, unpack } from './packed.mjs';

const root = realpathSync(temporaryFolder('bundlers'));
const archive = pack(root);
const app = join(root, 'app');
const prebuilds = join(app, 'node_modules/wasi-mmap/prebuilds');

const BODY = `
  const map = mmap(process.argv[2], 0, 'read');
  console.log(Buffer.from(map.slice(0, 4)).toString(), map.find('data'));
  try { map.set('x'); } catch (error) { console.log(error instanceof MmapError, error.code); }
`;
const OUTPUT = 'some 5\ntrue read-only\n';

/** A folder with the program, as an ES module and as CommonJS. */
function newProgram(name: string): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  writeFileSync(join(folder, 'app.mjs'), `import { mmap, MmapError } from 'wasi-mmap';${BODY}`);
  writeFileSync(join(folder, 'app.cjs'), `const { mmap, MmapError } = require('wasi-mmap');${BODY}`);
  return folder;
}

const data = join(root, 'data.bin');
writeFileSync(data, 'some data');
newProgram('app');
unpack(archive, app);

/** Both outputs of a program, or what a program that fails says. */
function run(file: string, node = process.execPath, options: string[] = []): string {
  const { stdout, stderr } = spawnSync(node, [...options, file, data], { cwd: root, encoding: 'utf8' });
  // Experimental features of Node warn.
  return stdout + stderr.replaceAll(/^\(.*\n/gm, '');
}

const tools = findTools('bundlers');
/** A tool, of which this says no more than what the tests call. */
const load = <T,>(path: string): Promise<T> => import(pathToFileURL(join(tools as string, path)).href) as Promise<T>;
type Build = (options: object) => Promise<unknown>;
type CommonJS<T> = { default: T };

/** Each makes one file of `app.mjs` or `app.cjs`, with everything inside that the bundler is ready to put there. */
const bundlers: Record<string, (entry: string, to: string) => Promise<void>> = {
  'esbuild.cjs': async (entry, to) => {
    const { build } = await load<{ build: Build }>('esbuild/lib/main.js');
    const options = { bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' };
    await build({ entryPoints: [entry], outfile: to, ...options });
  },
  'esbuild.mjs': async (entry, to) => {
    const { build } = await load<{ build: Build }>('esbuild/lib/main.js');
    const options = { bundle: true, platform: 'node', format: 'esm', minify: true, logLevel: 'error' };
    await build({ entryPoints: [entry], outfile: to, ...options });
  },
  'webpack.cjs': async (entry, to) => {
    type Webpack = (options: object, done: (error: unknown, stats: { hasErrors(): boolean }) => void) => void;
    const { default: webpack } = await load<CommonJS<Webpack>>('webpack/lib/index.js');
    const output = { path: dirname(to), filename: basename(to) };
    await new Promise<void>((done, failed) => {
      webpack({ mode: 'production', target: 'node', entry, output }, (error, stats) => {
        if (error || stats.hasErrors()) failed(error ?? new Error('webpack has errors'));
        else done();
      });
    });
  },
  'rollup.mjs': (entry, to) => rollup(entry, to, 'es'),
  'rollup.cjs': (entry, to) => rollup(entry, to, 'cjs'),
  'vite.mjs': async (entry, to) => {
    const { build } = await load<{ build: Build }>('vite/dist/node/index.js');
    const output = { entryFileNames: basename(to) };
    const options = { ssr: entry, outDir: dirname(to), rollupOptions: { output } };
    await build({ configFile: false, root: app, logLevel: 'error', ssr: { noExternal: true }, build: options });
  },
  'rolldown.mjs': async (entry, to) => {
    const { build } = await load<{ build: Build }>('rolldown/dist/index.mjs');
    await build({ input: entry, platform: 'node', output: { file: to, format: 'esm' } });
  },
  'ncc.mjs': async (entry, to) => {
    type Ncc = (entry: string, options: object) => Promise<{ code: string }>;
    const { default: ncc } = await load<CommonJS<Ncc>>('@vercel/ncc/dist/ncc/index.js');
    writeFileSync(to, (await ncc(entry, { quiet: true, cache: false })).code);
  },
};

async function rollup(input: string, file: string, format: string): Promise<void> {
  type Rollup = (options: object) => Promise<{ write: Build }>;
  type Plugin = (options?: object) => object;
  const { rollup: start } = await load<{ rollup: Rollup }>('rollup/dist/es/rollup.js');
  const { default: find } = await load<CommonJS<Plugin>>('@rollup/plugin-node-resolve/dist/es/index.js');
  const { default: commonjs } = await load<CommonJS<Plugin>>('@rollup/plugin-commonjs/dist/es/index.js');
  const bundle = await start({ input, plugins: [find({ preferBuiltins: true }), commonjs()] });
  await bundle.write({ file, format });
}

if (tools === undefined) {
  test('bundlers', () => skip('bundlers and package managers: this machine has none (.build/setup.sh bundlers)'));
} else {
  for (const [name, bundle] of Object.entries(bundlers)) {
    for (const entry of name.endsWith('.cjs') ? ['app.mjs', 'app.cjs'] : ['app.mjs']) {
      test(`${name} of ${entry}: with the package near, alone, and with its prebuilds`, async () => {
        const near = join(app, `out-${name}-${entry}`, name);
        mkdirSync(dirname(near));
        await bundle(join(app, entry), near);
        assert.is(run(near), OUTPUT);
        const alone = join(root, `alone-${name}-${entry}`, name);
        cpSync(dirname(near), dirname(alone), { recursive: true });
        const said = run(alone);
        assert.match(said, 'A bundler has put wasi-mmap into this program, without its native addon');
        assert.match(said, /--external:wasi-mmap.*copy the folder prebuilds/);
        cpSync(prebuilds, join(dirname(alone), 'prebuilds'), { recursive: true });
        assert.is(run(alone), OUTPUT);
      });
    }
  }

  test('a package of another version is not taken for this one', async () => {
    const other = newProgram('other-version');
    symlinkSync(join(app, 'node_modules'), join(other, 'node_modules'));
    await bundlers['esbuild.cjs']?.(join(other, 'app.mjs'), join(other, 'out.cjs'));
    rmSync(join(other, 'node_modules'));
    mkdirSync(join(other, 'node_modules/wasi-mmap'), { recursive: true });
    cpSync(prebuilds, join(other, 'node_modules/wasi-mmap/prebuilds'), { recursive: true });
    writeFileSync(join(other, 'node_modules/wasi-mmap/package.json'), '{ "name": "wasi-mmap", "version": "0.0.1" }');
    assert.match(run(join(other, 'out.cjs')), 'A bundler has put wasi-mmap into this program');
  });

  /** A program over the polyfill, with the preview2-shim of this clone. */
  function newPolyfilled(name: string): string {
    const folder = newProgram(name);
    unpack(archive, folder);
    mkdirSync(join(folder, 'node_modules/@bytecodealliance'));
    const shim = '@bytecodealliance/preview2-shim';
    symlinkSync(resolve('node_modules', shim), join(folder, 'node_modules', shim));
    return folder;
  }

  test('the polyfill in a page that vite has made', async () => {
    const folder = newPolyfilled('page');
    writeFileSync(
      join(folder, 'index.html'),
      '<link rel="icon" href="data:,"><script type="module" src="/page.mjs"></script>',
    );
    writeFileSync(
      join(folder, 'page.mjs'),
      `import { createFilesystem, InMemoryFilesystemAdapter } from '@bytecodealliance/preview2-shim/filesystem';
       import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
       import { createPolyfill } from 'wasi-mmap/polyfill';
       const root = { dir: { text: { source: 'one, two' } } };
       const filesystem = createFilesystem({ adapter: new InMemoryFilesystemAdapter(), preopens: { '/': root } });
       const map = (await createPolyfill(new WASIShim({ filesystem }).getImportObject())).mmap('/text');
       map.set('TWO', map.find('two'));
       console.log(new TextDecoder().decode(map.slice()));`,
    );
    const { build } = await load<{ build: Build }>('vite/dist/node/index.js');
    await build({ configFile: false, root: folder, logLevel: 'error', build: { target: 'esnext' } });
    assert.ok(
      readdirSync(join(folder, 'dist/assets')).some((name) => name.endsWith('.wasm')),
      'vite copies its modules',
    );
    const executable = findChromium();
    if (executable === undefined) return skip('the page of vite: no Chromium (.build/setup.sh browser)');
    const session = await openChromium(executable, { '/': join(folder, 'dist') });
    try {
      await session.open('');
      for (let patience = 200; session.said.length + session.errors.length === 0 && patience > 0; patience -= 1) {
        await new Promise((done) => setTimeout(done, 100));
      }
      assert.equal([session.said, session.errors], [['one, TWO'], []]);
    } finally {
      await session.close();
    }
  });

  test('a bundle in a worker', async () => {
    const bundle = join(app, 'worker.cjs');
    await bundlers['esbuild.cjs']?.(join(app, 'app.mjs'), bundle);
    const start = join(app, 'start.mjs');
    writeFileSync(
      start,
      `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(bundle)}, { argv: process.argv.slice(2) });`,
    );
    assert.is(run(start), OUTPUT);
  });

  for (const { major, path } of [{ major: process.versions.node, path: process.execPath }, ...findNodes()]) {
    if (!['20', '24'].includes(`${major}`.split('.')[0] as string)) continue;
    test(`a single executable of Node ${major}: the addon lies beside it`, async () => {
      if (path === undefined) return skip(`Node ${major}: this machine has none (.build/setup.sh nodes)`);
      const folder = join(root, `executable-${major}`);
      mkdirSync(folder);
      await bundlers['esbuild.cjs']?.(join(app, 'app.mjs'), join(folder, 'main.cjs'));
      const config = { main: 'main.cjs', output: 'blob', disableExperimentalSEAWarning: true };
      writeFileSync(join(folder, 'sea.json'), JSON.stringify(config));
      execFileSync(path, ['--experimental-sea-config', 'sea.json'], { cwd: folder, stdio: 'pipe' });
      const program = join(folder, 'program');
      copyFileSync(realpathSync(path), program);
      const fuse = ['--sentinel-fuse', 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'];
      const postject = [join(tools, 'postject/dist/cli.js'), program, 'NODE_SEA_BLOB', join(folder, 'blob'), ...fuse];
      execFileSync(process.execPath, postject, { stdio: 'pipe' });
      assert.match(run(data, program), 'A bundler has put wasi-mmap into this program');
      cpSync(prebuilds, join(folder, 'prebuilds'), { recursive: true });
      assert.is(run(data, program), OUTPUT);
      rmSync(folder, { recursive: true });
    });
  }

  test('pnpm', () => {
    const folder = newProgram('pnpm');
    const words = ['add', '--offline', '--ignore-scripts', '--store-dir', join(root, 'store'), archive];
    execFileSync(process.execPath, [join(tools, 'pnpm/bin/pnpm.cjs'), ...words], { cwd: folder, stdio: 'pipe' });
    for (const file of ['app.mjs', 'app.cjs']) assert.is(run(join(folder, file)), OUTPUT, file);
  });

  test("Yarn's Plug'n'Play", () => {
    const folder = newProgram('yarn');
    const manifest = {
      private: true,
      type: 'module',
      dependencies: { 'wasi-mmap': `file:${archive}` },
      resolutions: { acorn: `file:${resolve('node_modules/acorn')}` }, // Yarn takes no package inside of a package.
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(folder, 'yarn.lock'), '');
    const yarn = join(tools, '@yarnpkg/cli-dist/bin/yarn.js');
    const env = {
      ...process.env,
      YARN_ENABLE_NETWORK: '0',
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_GLOBAL_CACHE: '0',
      YARN_ENABLE_IMMUTABLE_INSTALLS: '0', // CI is no reason to refuse the empty lock file.
      YARN_CACHE_FOLDER: join(root, 'yarn-cache'),
    };
    execFileSync(process.execPath, [yarn, 'install'], { cwd: folder, env, stdio: 'pipe' });
    assert.throws(() => createRequire(join(folder, 'x.js')).resolve('wasi-mmap'), 'there is no node_modules');
    for (const file of ['app.mjs', 'app.cjs']) {
      const output = execFileSync(process.execPath, [yarn, 'node', file, data], { cwd: folder, env, encoding: 'utf8' });
      assert.is(output, OUTPUT, file);
    }
  });
}

for (const { major, path } of [{ major: process.versions.node, path: process.execPath }, ...findNodes()]) {
  test(`the permission model of Node ${major}`, () => {
    if (path === undefined) return skip(`Node ${major}: this machine has none (.build/setup.sh nodes)`);
    const file = join(app, 'app.mjs');
    const flag = `${major}`.startsWith('20') ? '--experimental-permission' : '--permission';
    const attempt = (...flags: string[]): string => run(file, path, [flag, ...flags]);
    const [program, code] = [`--allow-fs-read=${file}`, `--allow-fs-read=${app}/node_modules/wasi-mmap/dist/*`];
    const manifests = ['package.json', 'node_modules/wasi-mmap/package.json'].map(
      (name) => `--allow-fs-read=${app}/${name}`,
    );
    const all = ['--allow-addons', `--allow-fs-read=${root}/*`];

    assert.match(
      attempt(`--allow-fs-read=${root}/*`),
      /no permission to load its native addon: run node with --allow-addons/,
    );
    const unreadable = attempt('--allow-addons', program, code, `--allow-fs-read=${data}`, ...manifests);
    assert.match(unreadable, `--allow-fs-read=${app}/node_modules/wasi-mmap/`);
    assert.is(attempt(...all), OUTPUT);

    // The addon has no other way to a file than node:fs: a path that may not be read or written is not mapped.
    const granted = ['--allow-addons', `--allow-fs-read=${app}/*`];
    assert.match(attempt(...granted), /ERR_ACCESS_DENIED[^]*FileSystemRead/);
    writeFileSync(join(app, 'write.mjs'), `import { mmap } from 'wasi-mmap'; mmap(process.argv[2], 0, 'write');`);
    assert.match(run(join(app, 'write.mjs'), path, [flag, ...all]), /ERR_ACCESS_DENIED[^]*FileSystemWrite/);
    assert.is(run(join(app, 'write.mjs'), path, [flag, ...all, `--allow-fs-write=${data}`]), '');
  });
}

test('--no-addons', () => {
  assert.match(
    run(join(app, 'app.mjs'), process.execPath, ['--no-addons']),
    /no permission to load.*without --no-addons/,
  );
});

test('loaded by import and by require, from two copies, and in a worker: one program', () => {
  const copy = newProgram('app/copy');
  unpack(archive, copy);
  const file = join(app, 'twice.mjs');
  writeFileSync(
    file,
    `import { createRequire } from 'node:module';
     import { Worker } from 'node:worker_threads';
     import * as first from 'wasi-mmap';
     const again = createRequire(import.meta.url)('wasi-mmap');
     const other = createRequire(new URL('copy/app.cjs', import.meta.url))('wasi-mmap');
     console.log(first.mmap === again.mmap, first.mmap === other.mmap);
     for (const { mmap } of [first, again]) {
       try { mmap(process.argv[2], 100, 'read'); } catch (error) {
         console.log(error.code, [first, again].map(({ MmapError }) => error instanceof MmapError).join());
       }
     }
     const [map, theirs] = [first.mmap(process.argv[2], 0, 'copy'), other.mmap(process.argv[2], 0, 'copy')];
     map.set(theirs.slice(5), 0);
     theirs.set(map, 0);
     console.log(Buffer.from(theirs.slice()).toString());
     new Worker(new URL('app.cjs', import.meta.url), { argv: process.argv.slice(2) });`,
  );
  const errors = 'past-end true,true\n'.repeat(2);
  assert.is(run(file), `true false\n${errors}data data\n${OUTPUT}`);
});

test('the version in the code is that of the package', async () => {
  const version = (createRequire(join(app, 'x.js'))('wasi-mmap/package.json') as { version: string }).version;
  const { VERSION } = (await import(pathToFileURL(resolve('dist/node/places.js')).href)) as { VERSION: string };
  assert.is(VERSION, version);
});

test.run();
