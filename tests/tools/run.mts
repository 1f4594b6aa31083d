/**
 * run.mjs [--plain | --check] [WORD...]
 * Runs every test of the project, each runner in its own process, and adds up their counts. With words: the runners whose
 * names contain one of them. --plain, for `npm test`: those that need only Node and so run on any system. --check, for
 * `make check`: the core, the Node API and the vectors in TypeScript, in less than two minutes.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve as absolute, sep } from 'node:path';
import { findNodes, lacksWine10, platforms, runtimes, WINDOWS, type Platform } from './platforms.mjs';
import { Progress } from './progress.mjs';
import { thorough } from './thorough.mjs';
import { WASMTIME, wasmtimeOf } from './wasmtime.mjs';

interface Counts {
  passed: number;
  failed: number;
}

interface Runner {
  name: string;
  command: [string, ...string[]];
  /** What the output says, or undefined if it does not say. */
  count: (output: string) => Counts | undefined;
  /** Whether it runs after all others, beside none. */
  alone?: boolean;
}

const sum = (counts: Counts[]): Counts => ({
  passed: counts.reduce((total, { passed }) => total + passed, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
});

function googleTest(output: string): Counts | undefined {
  const ran = /^\[=+\] (\d+) tests? from \d+ test suites? ran/m.exec(output);
  const passed = /^\[ {2}PASSED {2}\] (\d+) test/m.exec(output);
  return ran && passed ? { passed: Number(passed[1]), failed: Number(ran[1]) - Number(passed[1]) } : undefined;
}

/** A file may hold several suites, each with a total of its own at its end: uvu adds them up, the last one counts. */
function uvu(output: string): Counts | undefined {
  const last = [...output.matchAll(/Total: +(\d+)\n +Passed: +(\d+)\n +Skipped: +(\d+)/g)].at(-1);
  if (!last) return undefined;
  const [total, passed] = [Number(last[1]), Number(last[2])];
  return total === 0 ? undefined : { passed, failed: total - passed }; // A skipped test is not a passed one.
}

function plain(output: string): Counts | undefined {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return last && { passed: Number(last[1]), failed: Number(last[2]) };
}

/** Tests with one thread, which take minutes with ThreadSanitizer and say nothing there. */
const OF_ONE_THREAD = ['Search.*', 'SearchKernels.*', 'MoveSteps.*', '*/find_in_a_sparse_file_*'];

function sanitized(variant: string): Runner {
  const tests = [`build/cmake/${variant}/core_tests`, '--gtest_brief=1'];
  if (variant === 'thread') tests.push(`--gtest_filter=-${OF_ONE_THREAD.join(':')}`);
  // ThreadSanitizer of older compilers cannot start where addresses are widely randomized.
  const fixed = variant === 'thread' && spawnSync('setarch', ['-R', 'true']).status === 0;
  return {
    name: `core, ${variant}`,
    command: fixed ? ['setarch', '-R', ...tests] : (tests as [string, ...string[]]),
    count: googleTest,
  };
}

function testFiles(folder: string, os: string = process.platform): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const foreign = os === 'win32' ? /\bposix\b/ : /\bwindows\b/; // Folders named after another system.
  return names.filter((name) => name.endsWith('.test.mjs') && !foreign.test(dirname(name))).sort();
}

function cargo(output: string): Counts | undefined {
  const all = [...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed/gm)];
  return all.length === 0
    ? undefined
    : sum(all.map(([, passed, failed]) => ({ passed: Number(passed), failed: Number(failed) })));
}

/** The tests of the Node API, and of what else is of the system, in the Node of another platform. */
function testsOf({
  name: platform,
  host,
  os,
  arch,
  command: [program, ...words],
  folders,
  without,
  apart,
}: Omit<Platform, 'missing'>): Runner[] {
  const place = host === 'node' ? `node/${platform}` : host;
  const commands = ['node', ...(existsSync(wasmtimeOf(os, arch)) ? ['wasmtime'] : [])];
  return folders
    .flatMap((folder) => testFiles(`build/tests/${folder}`, os).map((file) => `${folder}/${file.replaceAll(sep, '/')}`))
    .map((file) => file.replace('.test.mjs', ''))
    .filter((test) => !without[test])
    .flatMap((test) => (apart.includes(test) ? commands.map((name) => [test, name]) : [[test]]))
    .map(([test = '', ...names]) => ({
      name: [`${place}: ${test}`, ...names].join(', '),
      command: [program, ...words, `build/tests/${test}.test.mjs`, ...names],
      count: uvu,
    }));
}

/** Tests that depend on what an engine does with memory: they run in each version that is supported. */
const ENGINE_TESTS = [
  'hostile',
  'lifecycle',
  'patched',
  'transfers',
  'views',
  'workers',
  'posix/faults',
  'posix/signals',
];
const otherNodes = findNodes();

function otherVersions(): Runner[] {
  return otherNodes.flatMap(({ major, path }) =>
    path === undefined
      ? []
      : ENGINE_TESTS.map((file) => ({
          name: `node ${major}: ${file}`,
          command: [path, '--expose-gc', `build/tests/node/${file}.test.mjs`],
          count: uvu,
        })),
  );
}

/** Tests in which several threads have a part in the addon. */
const THREAD_TESTS = ['hostile', 'transfers', 'views', 'workers', 'posix/faults', 'posix/signals'];

/** The tests of the Node API with a sanitizer in the addon, or without external memory, where those were built. */
function sanitizedAddon(): Runner[] {
  if (!existsSync('build/sanitized')) return [];
  const all = testFiles('build/tests/node').map((file) => file.replace('.test.mjs', ''));
  // A limit of descriptors leaves the sanitizer none.
  const tests = { address: all.filter((file) => file !== 'posix/descriptors'), thread: THREAD_TESTS };
  const start = (variant: string, name: string, count: Runner['count'], ...words: string[]): Runner => ({
    name: `addon, ${variant}: ${name}`,
    command: ['tests/tools/sanitized.sh', 'run', variant, ...words],
    count,
  });
  const place = absolute(mkdtempSync(join(folder, 'caged-')));
  return [
    ...Object.entries(tests).flatMap(([variant, names]) =>
      names.map((name) => start(variant, name, uvu, `build/tests/node/${name}.test.mjs`)),
    ),
    start('caged', 'what differs', uvu, 'build/tests/sanitized/caged.mjs'),
    ...['arguments', 'patched', 'platform'].map((name) =>
      start('caged', name, uvu, `build/tests/node/${name}.test.mjs`),
    ),
    start('caged', 'contract, typescript', plain, 'build/tests/contract/there.mjs', place),
  ];
}

const folder = mkdtempSync(join('build', 'contract-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const CORE_ON_WINDOWS = 'build/cmake/windows/core_tests.exe';

/** The tests of the core for Windows, where they could be built: without placeholders for memory, and with them. */
function coreOnWindows(): Runner[] {
  const windows = platforms.find(({ os }) => os === 'win32');
  if (!windows || windows.missing !== undefined) return [];
  if (!existsSync(CORE_ON_WINDOWS)) {
    console.log('SKIPPED core, windows: there are no sources of GoogleTest in /usr/src/googletest');
    return [];
  }
  const args = [...windows.command, CORE_ON_WINDOWS, '--gtest_brief=1'];
  const spans: Runner = {
    name: 'core, windows with spans',
    command: ['env', 'WINE_VERSION=10', ...args],
    count: googleTest,
  };
  return [
    {
      name: 'core, windows',
      command: [...windows.command, CORE_ON_WINDOWS, '--gtest_brief=1', '--gtest_filter=-*WindowsSpans*'],
      count: googleTest,
    },
    ...(lacksWine10 === undefined ? [spans] : []),
  ];
}

/** The tests of the crate for Windows, where they could be built: what differs without spans, and all with them. */
function crateOnWindows(): Runner[] {
  const windows = platforms.find(({ os }) => os === 'win32');
  // The command is built with the same compiler.
  if (!windows || windows.missing !== undefined || !existsSync(wasmtimeOf('win32', 'x64'))) return [];
  // prettier-ignore
  const test = ['.build/cargo-windows.sh', 'x86_64', 'test', '--locked', '--release', '--features', 'cli', '--manifest-path', 'host/wasmtime/Cargo.toml'];
  const spans: Runner = {
    name: 'crate for wasmtime, windows with spans',
    command: ['env', 'WINE_VERSION=10', ...test, '--lib', '--bins', '--tests'],
    count: cargo,
  };
  return [
    {
      name: 'crate for wasmtime, windows',
      command: ['env', ...test, '--test', 'embedding', 'without_placeholders', '--', '--ignored'],
      count: cargo,
    },
    ...(lacksWine10 === undefined ? [spans] : []),
  ];
}

/** What Windows itself runs of the programs for it that are built elsewhere. */
function programsOfWindows(): Runner[] {
  const missing = [WASMTIME, CORE_ON_WINDOWS].filter((program) => !existsSync(program));
  for (const program of missing) console.log(`SKIPPED ${program}: it is not there (make test builds it on Linux)`);
  const core: Runner = { name: 'core', command: [CORE_ON_WINDOWS, '--gtest_brief=1'], count: googleTest };
  const spans: Runner = {
    name: 'host/spans, wasmtime',
    command: [process.execPath, 'build/tests/host/spans-wine.test.mjs'],
    count: uvu,
  };
  return [
    // It is built for x64, and its tests replace instructions of it.
    ...(process.arch === 'x64' && existsSync(CORE_ON_WINDOWS) ? [core] : []),
    ...(existsSync(WASMTIME) && existsSync('build/guests/c/spans.wasm') ? [spans] : []),
  ];
}

function plainRunners(): Runner[] {
  const { platform: os, arch } = process;
  const name = `${os}-${arch}`;
  const folders = [join('prebuilds', name), join('build', 'addon', name), join('build', 'addon', `${name}-musl`)];
  const native = folders.some((place) => existsSync(place));
  if (!native) console.log(`SKIPPED node/${name}: there is no addon for it, only the polyfill is tested`);
  const guests = (['rust', 'c'] as const).filter((language) => existsSync(`build/guests/${language}/contract.wasm`));
  if (guests.length < 2) console.log(`SKIPPED guests on ${name}: there is no build/guests (make guests)`);
  const vectors = (host: string, language: string): Runner => {
    // A folder for each runner, for two run at a time and name their files alike.
    const own = mkdtempSync(join(folder, `${language}-`));
    return {
      name: `contract, ${language} on ${host}`,
      command: [process.execPath, 'build/tests/contract/there.mjs', own, host, language],
      count: plain,
    };
  };
  const wasmtime = os === 'win32' && existsSync(WASMTIME);
  const hosts = native ? ['node', 'node-polyfill'] : ['node-polyfill'];
  const tests = os === 'win32' && guests.length > 0 ? WINDOWS : { folders: ['node'], without: {}, apart: [] };
  return [
    ...hosts.flatMap((host) => ['typescript', ...guests].map((language) => vectors(host, language))),
    ...(wasmtime ? guests.map((language) => vectors('wasmtime', language)) : []),
    ...(os === 'win32' ? programsOfWindows() : []),
    ...(native ? testsOf({ name, host: 'node', os, arch, command: [process.execPath, '--expose-gc'], ...tests }) : []),
  ];
}

/**
 * Tests that take minutes and rarely break: `make thorough` runs them, `make test` only where a word asks for them.
 * Windows and arm64 are emulated here; the tests of what they share with this machine say the most there.
 */
const LONG = new Set([
  'cli/posix/cache',
  'node/win32-x64: cli/cli, node',
  // For what `make test` does not build.
  'crate for wasmtime, windows',
  'crate for wasmtime, windows with spans',
  ...['cli/cli', 'cli/windows/windows'].map((test) => `node/win32-x64: ${test}, wasmtime`),
  'host/spans-wine',
  'host/hostile-wine',
  ...['hostile', 'lifecycle', 'promises', 'views', 'workers'].map((test) => `node/linux-arm64: node/${test}`),
  ...['views', 'workers'].map((test) => `node/linux-arm64-musl: node/${test}`),
]);

/** Longest first, so that none is left alone at the end. */
const FIRST = new Set(['contract/contract', 'programs/python/packages', 'fuzz/fuzz']);

/** Many thousand pages, each of which is a message to Wine's server: beside other tests they take ten times as long. */
const ALONE = new Set(['host/spans-wine', 'host/hostile-wine']);

const everything = (): Runner[] => [
  ...['plain', 'address', 'thread'].map(sanitized),
  ...['core', 'search', 'polyfill'].map((target): Runner => {
    return { name: `inputs of fuzzers, ${target}`, command: ['tests/tools/fuzz.sh', 'replay', target], count: plain };
  }),
  {
    name: 'model of the fault handler',
    command: ['.build/cargo.sh', 'test', '--locked', '--manifest-path', 'tests/model/Cargo.toml'],
    count: cargo,
  },
  { name: 'drift check of the oracle', command: ['python3', 'tests/contract/oracle.py', 'check'], count: plain },
  {
    name: 'examples in the documentation of the Rust library',
    command: [
      '.build/cargo.sh',
      'test',
      '--locked',
      '--doc',
      '--features',
      'p3',
      '--manifest-path',
      'guest/rust/Cargo.toml',
    ],
    count: cargo,
  },
  {
    name: 'example geo, compared with the crate maxminddb',
    // prettier-ignore
    command: ['env', `GEO_TEST_DATA=${absolute('build/programs/maxmind-db')}`, '.build/cargo.sh', 'test', '--locked', '--manifest-path', 'guest/rust/examples/geo/Cargo.toml'],
    count: cargo,
  },
  {
    name: 'polyfill, on files that misbehave',
    command: ['.build/cargo.sh', 'test', '--locked', '--manifest-path', 'guest/polyfill/Cargo.toml'],
    count: cargo,
  },
  {
    name: 'plug, its parts',
    command: ['.build/cargo.sh', 'test', '--locked', '--manifest-path', 'guest/polyfill/plug/Cargo.toml'],
    count: cargo,
  },
  {
    name: 'completions and the manual page, what the help may be',
    command: ['.build/cargo.sh', 'test', '--locked', '--manifest-path', '.build/shell/Cargo.toml'],
    count: cargo,
  },
  {
    name: 'crate for wasmtime',
    // prettier-ignore
    command: ['.build/cargo.sh', 'test', '--locked', '--release', '--features', 'cli', '--manifest-path', 'host/wasmtime/Cargo.toml'],
    count: cargo,
  },
  {
    name: 'crate for wasmtime, by what wasmtime documents, with events',
    // prettier-ignore
    command: ['.build/cargo.sh', 'test', '--locked', '--release', '--no-default-features', '--features', 'cli,tracing', '--test', 'embedding', '--manifest-path', 'host/wasmtime/Cargo.toml'],
    count: cargo,
  },
  ...coreOnWindows(),
  ...crateOnWindows(),
  ...otherVersions(),
  ...sanitizedAddon(),
  ...[...platforms, ...runtimes].filter(({ missing }) => missing === undefined).flatMap(testsOf),
  ...testFiles('build/tests').map((name): Runner => {
    const test = name.replace('.test.mjs', '');
    return {
      name: test,
      command: [process.execPath, '--expose-gc', `build/tests/${name}`],
      count: uvu,
      alone: ALONE.has(test),
    };
  }),
];

/** What `make check` runs. */
function quick(): Runner[] {
  const slow = new Set(['fuzz', 'large', 'garbage', 'posix/no-space']);
  const tests = testFiles('build/tests/node').filter((file) => !slow.has(file.replace('.test.mjs', '')));
  return [
    sanitized('plain'),
    ...['node', ...(existsSync('dist/polyfill/component/polyfill.js') ? ['node-polyfill'] : [])].map((host): Runner => {
      const command: Runner['command'] = [
        process.execPath,
        'build/tests/contract/there.mjs',
        folder,
        host,
        'typescript',
      ];
      return { name: `contract, typescript on ${host}`, command, count: plain };
    }),
    ...tests.map((file): Runner => {
      const command: Runner['command'] = [process.execPath, '--expose-gc', `build/tests/node/${file}`];
      return { name: `node/${file.replace('.test.mjs', '')}`, command, count: uvu };
    }),
  ];
}

const isCheck = process.argv.includes('--check');
const isPlain = isCheck || process.argv.includes('--plain');
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const all = isCheck ? quick() : isPlain ? plainRunners() : everything();
const isLeft = ({ name }: Runner): boolean => !isPlain && !thorough && words.length === 0 && LONG.has(name);
const runners = all
  .filter((runner) => !isLeft(runner) && (words.length === 0 || words.some((word) => runner.name.includes(word))))
  .sort((a, b) => Number(FIRST.has(b.name)) - Number(FIRST.has(a.name)));

/** Several times as long as any takes: one that does not end is a failure, not the end of all. */
const LIMIT_MINUTES = 20;

const progress = new Progress(runners.length);

function run({ name, command: [program, ...args], count }: Runner): Promise<Counts> {
  const start = Date.now();
  progress.begin(name);
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => (output += error.message));
    const limit = setTimeout(() => {
      output += `\nstopped after ${LIMIT_MINUTES} minutes\n`;
      child.kill('SIGKILL');
      for (const stream of [child.stdout, child.stderr]) stream.destroy(); // Its children may hold them open.
    }, LIMIT_MINUTES * 60_000);
    child.on('close', (status, signal) => {
      clearTimeout(limit);
      const said = count(output);
      const counts = said ?? { passed: 0, failed: 0 };
      // A runner that ends badly has failed, whatever it counted; so has one that counted nothing.
      if (counts.failed === 0 && (status !== 0 || !said)) counts.failed = 1;
      const bad = counts.failed > 0;
      const notes = output.split('\n').filter((line) => bad || /skips|seed|tries again|^table: /.test(line));
      const seconds = ((Date.now() - start) / 1000).toFixed(1);
      progress.say(`${bad ? 'FAIL' : 'ok  '} ${name}: ${counts.passed} passed, ${counts.failed} failed (${seconds} s)`);
      if (bad && !said) progress.say(`     ended with ${signal ?? status} and no count`);
      for (const line of notes.slice(-200)) if (line.trim()) progress.say(`     ${line.slice(0, 500)}`);
      progress.end(name);
      resolve(counts);
    });
  });
}

for (const { name, host, missing, without } of isPlain ? [] : [...platforms, ...runtimes]) {
  const place = host === 'node' ? `node/${name}` : host;
  if (missing !== undefined) console.log(`SKIPPED ${place}: this machine has ${missing}`);
  else for (const [file, reason] of Object.entries(without)) console.log(`SKIPPED ${place}: ${file}: ${reason}`);
}

for (const { name } of all.filter(isLeft)) console.log(`left to make thorough: ${name}`);

/** The commands for wasmtime that platforms lack which run it. */
const lackingCommands = platforms
  .filter(({ os, missing }) => thorough && os === 'win32' && missing === undefined)
  .map(({ os, arch }) => wasmtimeOf(os, arch))
  .filter((command) => !existsSync(command));
for (const command of isPlain ? [] : lackingCommands) console.log(`SKIPPED ${command}: it is not there (make windows)`);

const lacksSpans = isPlain || !platforms.some(({ os }) => os === 'win32') ? undefined : lacksWine10;
if (lacksSpans !== undefined) console.log(`SKIPPED spans on Windows: this machine has ${lacksSpans}`);

for (const { major, path } of isPlain ? [] : otherNodes) {
  if (path === undefined) console.log(`SKIPPED node ${major}: this machine does not have it (.build/setup.sh nodes)`);
}

const results: Counts[] = [];
async function runAll(queue: Runner[], lanes: number): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let runner = queue.shift(); runner; runner = queue.shift()) results.push(await run(runner));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
// Two at a time: a test may be timing-sensitive where more compete.
const isAlone = ({ alone }: Runner): boolean => alone === true;
await runAll(
  runners.filter((runner) => !isAlone(runner)),
  2,
);
await runAll(runners.filter(isAlone), 1);
const { passed, failed: counted } = sum(results);
// A machine that is prepared for it, CI, has every platform.
const lackingPlatforms = [...platforms, ...runtimes].filter(({ missing }) => missing !== undefined).length;
const lackingNodes = otherNodes.filter(({ path }) => path === undefined).length;
const lacking =
  process.env['CI'] && !isPlain ? lackingPlatforms + lackingNodes + lackingCommands.length + (lacksSpans ? 1 : 0) : 0;
if (words.length > 0 && runners.length === 0) console.log(`no test has a name with ${words.join(' or ')}`);
const failed = counted + lacking + (runners.length === 0 ? 1 : 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || results.length < runners.length ? 1 : 0;
