// The commands keep translations only where no other user can write, and never run files that others could have written.
// Needs `make guests wasmtime`; a part needs root, who can change the owners of files.
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { folder, start, type Command } from '../command.mjs';

const VERBS = resolve('build/guests/c/verbs.wasm');
const HOSTS: Record<string, Command> = {
  node: [process.execPath, resolve('dist/cli/main.mjs')],
  wasmtime: [resolve('build/wasmtime/wasi-mmap')],
};
const SOMEBODY = 65534;
const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.log('cache skips files of other users: only root can give files away');

const mode = (path: string): number => lstatSync(path).mode & 0o7777;

/** All paths below a folder, without the folder itself. */
const below = (path: string): string[] =>
  existsSync(path) ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name)) : [];

let count = 0;
/** A new folder that belongs to the user. */
function newFolder(): string {
  const path = join(folder, `cache-${(count += 1)}`);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

for (const [host, program] of Object.entries(HOSTS)) {
  const test = suite(`cache on ${host}`);

  /** Runs a component, which must succeed in any case. `mask` is the user's umask. */
  function run(environment: Record<string, string>, { cwd = folder, umask = '022' } = {}): void {
    const words = ['-c', `umask ${umask}; exec "$@"`, 'sh', ...program, 'run', VERBS, 'arguments', 'x'];
    const { code, out, error } = start(['sh', ...words], [], { cwd, environment });
    assert.is(code, 0, error);
    assert.is(out, 'verbs.wasm\narguments\nx\n');
    assert.is(error, '');
  }

  /** The folder of a translation, below the user's cache directory. */
  const own = (home: string): string => join(home, 'wasi-mmap', host);

  test('a path that is not absolute means nothing', () => {
    for (const XDG_CACHE_HOME of ['relative', './relative', '']) {
      const [HOME, cwd] = [newFolder(), newFolder()];
      run({ XDG_CACHE_HOME, HOME }, { cwd });
      assert.equal(readdirSync(cwd), []);
      assert.ok(readdirSync(own(join(HOME, '.cache'))).length > 0);
    }
    const cwd = newFolder();
    run({ XDG_CACHE_HOME: '', HOME: 'relative' }, { cwd });
    run({ XDG_CACHE_HOME: 'relative', HOME: '' }, { cwd });
    // On UNIX this variable has no meaning.
    run({ XDG_CACHE_HOME: '', HOME: newFolder(), LOCALAPPDATA: join(cwd, 'local') }, { cwd });
    assert.equal(readdirSync(cwd), []);
  });

  test('new files belong to the user alone, whatever the mask', () => {
    for (const umask of ['000', '022', '077']) {
      const home = join(newFolder(), 'new', 'cache');
      run({ XDG_CACHE_HOME: home }, { umask });
      for (const path of [join(home, '..'), home, join(home, 'wasi-mmap'), own(home)])
        assert.is(mode(path), 0o700, path);
      assert.ok(below(own(home)).length > 0);
      if (host === 'node') for (const path of below(own(home))) assert.is(mode(path) & 0o077, 0, path);
    }
  });

  test('folders that others can write are not used', () => {
    for (const bits of [0o777, 0o775, 0o757, 0o770, 0o1777]) {
      const home = newFolder();
      for (const path of [join(home, 'wasi-mmap'), own(home)]) {
        mkdirSync(path);
        chmodSync(path, 0o700);
      }
      for (const path of [join(home, 'wasi-mmap'), own(home)]) {
        chmodSync(path, bits);
        run({ XDG_CACHE_HOME: home });
        assert.equal(below(own(home)), [], `${path} ${bits.toString(8)}`);
        chmodSync(path, 0o700);
      }
      run({ XDG_CACHE_HOME: home });
      assert.ok(below(own(home)).length > 0);
    }
  });

  test('nor are those that others could put another in the place of', () => {
    for (const [bits, used] of [
      [0o777, false],
      [0o775, false],
      [0o1777, true], // As /tmp is.
      [0o755, true],
    ] as const) {
      const above = newFolder();
      const home = join(above, 'home');
      mkdirSync(home, { mode: 0o700 });
      chmodSync(above, bits);
      run({ XDG_CACHE_HOME: home });
      assert.is(below(home).length > 0, used, bits.toString(8));
      // A missing folder is not made there either.
      run({ XDG_CACHE_HOME: join(above, 'new/cache') });
      assert.is(existsSync(join(above, 'new')), used, bits.toString(8));
    }
  });

  test('symbolic links lead to where they lead', () => {
    const [home, real] = [newFolder(), newFolder()];
    symlinkSync(real, join(home, 'link'));
    run({ XDG_CACHE_HOME: join(home, 'link') });
    assert.ok(below(own(real)).length > 0);
    // To a folder that others can write.
    chmodSync(real, 0o777);
    rmSync(join(real, 'wasi-mmap'), { recursive: true });
    run({ XDG_CACHE_HOME: join(home, 'link') });
    assert.equal(below(real), []);
    // But links in place of the command's own folders are refused.
    const open = newFolder();
    for (const name of ['wasi-mmap', join('wasi-mmap', host)]) {
      const place = newFolder();
      if (name !== 'wasi-mmap') mkdirSync(join(place, 'wasi-mmap'), { mode: 0o700 });
      symlinkSync(open, join(place, name));
      run({ XDG_CACHE_HOME: place });
      assert.equal(below(open), [], name);
    }
    symlinkSync('nowhere', join(home, 'dangling'));
    run({ XDG_CACHE_HOME: join(home, 'dangling') });
    // A file in place of a folder.
    writeFileSync(join(home, 'file'), '');
    for (const path of ['file', 'file/below']) run({ XDG_CACHE_HOME: join(home, path) });
  });

  test('folders of another user are not used', () => {
    if (!isRoot) return;
    for (const depth of ['', 'wasi-mmap', join('wasi-mmap', host)]) {
      const home = newFolder();
      mkdirSync(own(home), { recursive: true, mode: 0o700 });
      chownSync(join(home, depth), SOMEBODY, SOMEBODY);
      run({ XDG_CACHE_HOME: home });
      assert.equal(below(own(home)), [], depth);
    }
    // `sudo` may keep the caller's HOME: root must leave no files in it.
    const home = newFolder();
    chownSync(home, SOMEBODY, SOMEBODY);
    run({ HOME: home, XDG_CACHE_HOME: '' });
    assert.equal(below(home), []);
  });

  test.run();
}

const test = suite('entries of the cache');
const program = HOSTS['node'] as Command;

/** A cache with one entry, and the path of the entry. */
function filled(): { home: string; entry: string; work: string } {
  const [home, work] = [newFolder(), newFolder()];
  const { code, error } = start(program, ['run', VERBS, 'arguments'], { environment: { XDG_CACHE_HOME: home } });
  assert.is(code, 0, error);
  const [key, ...more] = readdirSync(join(home, 'wasi-mmap/node'));
  assert.equal(more, []);
  return { home, entry: join(home, 'wasi-mmap/node', key as string), work };
}

/** Code that leaves a file if it runs from the cache. */
const planted = (work: string): string =>
  `process.getBuiltinModule('fs').writeFileSync(${JSON.stringify(join(work, 'escaped'))}, '');\n`;

/** Lets another user write into an entry, with full knowledge of its format. */
function plant(entry: string, work: string): void {
  const [path, list] = [join(entry, 'component.js'), join(entry, 'files.json')];
  writeFileSync(path, planted(work) + readFileSync(path, 'utf8'));
  const sizes = JSON.parse(readFileSync(list, 'utf8')) as Array<[string, number]>;
  writeFileSync(
    list,
    JSON.stringify(sizes.map(([name, size]) => [name, name === 'component.js' ? lstatSync(path).size : size])),
  );
}

function expectSafe({ home, entry, work }: ReturnType<typeof filled>, what: string): void {
  const TMPDIR = newFolder();
  const environment = { XDG_CACHE_HOME: home, TMPDIR };
  const { code, out, error } = start(program, ['run', VERBS, 'arguments'], { environment });
  assert.is(code, 0, `${what}: ${error}`);
  assert.is(out, 'verbs.wasm\narguments\n', what);
  assert.not.ok(existsSync(join(work, 'escaped')), `${what}: the code was run`);
  assert.equal(readdirSync(TMPDIR), [], `${what}: a temporary folder stays`);
  assert.ok(existsSync(entry) || what.includes('folder'), what);
}

test('an entry is used', () => {
  const cache = filled();
  plant(cache.entry, cache.work);
  const { error } = start(program, ['run', VERBS, 'arguments'], { environment: { XDG_CACHE_HOME: cache.home } });
  assert.ok(existsSync(join(cache.work, 'escaped')), error); // The user's own files, which nobody else could write.
});

const WAYS: Record<string, (cache: ReturnType<typeof filled>) => void> = {
  'a folder that others can write': ({ home }) => chmodSync(join(home, 'wasi-mmap/node'), 0o777),
  'a folder above that others can write': ({ home }) => chmodSync(join(home, 'wasi-mmap'), 0o777),
  'a cache folder that others can write': ({ home }) => chmodSync(home, 0o777),
  'an entry that others can write': ({ entry }) => chmodSync(entry, 0o777),
  'a file that others can write': ({ entry }) => chmodSync(join(entry, 'component.js'), 0o666),
  'a file beside it that others can write': ({ entry }) => chmodSync(join(entry, 'component.core.wasm'), 0o660),
  'an entry that is a link': ({ entry, work }) => {
    renameSync(entry, join(work, 'entry'));
    symlinkSync(join(work, 'entry'), entry);
  },
  'a file that is a link': ({ entry, work }) => {
    renameSync(join(entry, 'component.js'), join(work, 'component.js'));
    symlinkSync(join(work, 'component.js'), join(entry, 'component.js'));
  },
  'one file more': ({ entry }) => writeFileSync(join(entry, 'more.js'), ''),
  'one file less': ({ entry }) => rmSync(join(entry, 'component.core2.wasm')),
  'no list': ({ entry }) => rmSync(join(entry, 'files.json')),
  'a list that is none': ({ entry }) => writeFileSync(join(entry, 'files.json'), '[{"a":null}, 3'),
  'a list of something else': ({ entry }) => writeFileSync(join(entry, 'files.json'), 'null'),
};

for (const [what, change] of Object.entries(WAYS)) {
  test(`code in ${what} is not run`, () => {
    const cache = filled();
    plant(cache.entry, cache.work);
    change(cache);
    expectSafe(cache, what);
  });
}

test('code of another user is not run', () => {
  if (!isRoot) return;
  for (const part of ['', 'component.js', 'component.core.wasm', 'files.json']) {
    const cache = filled();
    plant(cache.entry, cache.work);
    chownSync(join(cache.entry, part), SOMEBODY, SOMEBODY);
    expectSafe(cache, `another's ${part}`);
  }
});

test('an entry that is half there is made again', () => {
  const cut: Array<(cache: ReturnType<typeof filled>) => void> = [
    ({ entry }) => truncateSync(join(entry, 'component.js'), 1000),
    ({ entry }) => truncateSync(join(entry, 'component.js')),
    ({ entry }) => truncateSync(join(entry, 'component.core.wasm')),
    ({ entry }) => truncateSync(join(entry, 'package.json')),
    ({ entry }) => truncateSync(join(entry, 'files.json')),
    ({ entry }) => below(entry).forEach((path) => rmSync(path)),
    ({ entry }) => {
      rmSync(entry, { recursive: true });
      writeFileSync(entry, '');
    },
  ];
  for (const change of cut) {
    const cache = filled();
    const whole = newFolder();
    cpSync(cache.entry, join(whole, 'copy'), { recursive: true });
    change(cache);
    expectSafe(cache, String(change));
    assert.equal(readdirSync(cache.entry).sort(), readdirSync(join(whole, 'copy')).sort());
    for (const name of readdirSync(cache.entry)) {
      assert.equal(readFileSync(join(cache.entry, name)), readFileSync(join(whole, 'copy', name)), name);
    }
  }
});

test('temporary folders are where no other user can replace them', () => {
  const shared = newFolder();
  chmodSync(shared, 0o777);
  const environment = { XDG_CACHE_HOME: '/dev/null/none', TMPDIR: shared };
  const { code, error } = start(program, ['run', VERBS, 'arguments'], { environment });
  assert.is(code, 0, error);
  assert.equal(readdirSync(shared), []);
});

test('processes that start together', async () => {
  const home = newFolder();
  const codes = await Promise.all(
    [1, 2, 3, 4].map(
      () =>
        new Promise((end) => {
          const [command, ...words] = program;
          const env = { PATH: process.env['PATH'], XDG_CACHE_HOME: home };
          spawn(command, [...words, 'run', VERBS, 'arguments'], { env, stdio: 'ignore' }).on('close', end);
        }),
    ),
  );
  assert.equal(codes, [0, 0, 0, 0]);
  assert.is(readdirSync(join(home, 'wasi-mmap/node')).length, 1);
});

test.run();
