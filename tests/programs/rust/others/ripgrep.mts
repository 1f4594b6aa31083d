// ripgrep's own tests, unmodified, which start `rg` from the folder above theirs: here a script that runs the component on a
// host, with --mmap and as the tests call it. What passes natively passes there, but for EXCEPTIONS.
// `make programs-test` runs it; it prints a table.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HOSTS, printTable } from './hosts.mjs';

const BUILT = resolve('build/others');
/** How `rg` is called, and where: without --mmap it maps less. */
const MODES = {
  '--mmap': Object.keys(HOSTS),
  'as the tests call it': ['wasmtime, spans'],
};

const of = (file: string, ...tests: string[]): string[] => tests.map((test) => `${file}::${test}`);

/** Tests of what WASI 0.2 cannot do, by reason. One that passes is an error. */
const EXCEPTIONS: Record<string, string[]> = {
  'WASI 0.2 has no other processes': [
    ...of(
      'misc',
      'compressed_bzip2',
      'compressed_failing_gzip',
      'compressed_gzip',
      'compressed_lz4',
      'compressed_lzma',
    ),
    ...of('misc', 'compressed_uncompress', 'compressed_xz', 'compressed_zstd', 'preprocessing', 'preprocessing_glob'),
  ],
  'WASI 0.2 has no threads': of('feature', 'f411_parallel_search_stats', 'f411_parallel_quiet_search_stats'),
  'a component starts at the root of what it was granted: no files of rules above the current folder': [
    ...of('feature', 'f45_relative_cwd'),
    ...of('misc', 'ignore_git_parent', 'ignore_ripgrep_parent_no_stop', 'no_parent_ignore_git'),
    ...of(
      'regression',
      'r2711',
      'r2770_gitignore_error',
      'r3173_hidden_whitelist_only_dot',
      'r3179_global_gitignore_cwd',
    ),
    ...of('regression', 'r829_original', 'r829_2778', 'r829_2836', 'r829_2933'),
  ],
  'WASI follows no symbolic link to an absolute path': [
    ...of('misc', 'symlink_follow'),
    ...of('regression', 'r137', 'r1389_bad_symlinks_no_biscuit', 'r256', 'r256_j1'),
  ],
  'ripgrep reads standard input without `-` only on Unix and Windows': [
    'binary::after_match1_stdin',
    'multiline::stdin',
    'regression::r1223_no_dir_check_for_default_path',
  ],
  'names and arguments of WASI are UTF-8': ['json::notutf8', 'regression::r210'],
  'Rust for WASI knows two exit codes of `main`': [
    ...of('feature', 'f948_exit_code_error'),
    ...of('regression', 'r1159_exit_status', 'r1159_invalid_flag'),
  ],
  'ripgrep asks for times of its own executable, of which WASI knows none': [
    ...of('feature', 'f2361_sort_nested_files'),
    ...of('misc', 'sort_accessed', 'sortr_accessed'),
  ],
  'ripgrep gives paths a color only on Unix and Windows': ['regression::r428_color_context_path'],
};

const reasons = new Map(Object.entries(EXCEPTIONS).flatMap(([reason, tests]) => tests.map((test) => [test, reason])));

const folder = mkdtempSync(resolve('build', 'ripgrep-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs the tests with a script as `rg`. Their names and whether they passed. */
async function runTests(name: string, script: string): Promise<Map<string, boolean>> {
  const place = join(folder, name.replaceAll(/\W+/g, '-'));
  const temporary = join(place, 'files');
  mkdirSync(join(place, 'deps'), { recursive: true });
  mkdirSync(temporary);
  copyFileSync(join(BUILT, 'ripgrep/deps/integration'), join(place, 'deps/integration'));
  writeFileSync(join(place, 'rg'), `#!/bin/sh\n${script.replaceAll('TEMPORARY', quote(temporary))}\n`);
  chmodSync(join(place, 'rg'), 0o755);
  const env = { ...process.env, TMPDIR: temporary, RUST_BACKTRACE: '0' };
  const tests = spawn(join(place, 'deps/integration'), ['--test-threads', '2'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of tests.stdout) output += String(chunk);
  rmSync(place, { recursive: true, force: true });
  const results = new Map(
    [...output.matchAll(/^test (\S+) \.\.\. (ok|FAILED)$/gm)].map(([, test = '', result]) => [test, result === 'ok']),
  );
  outputs.set(name, output);
  return results;
}

const outputs = new Map<string, string>();

/** What a test that failed printed. */
const printed = (name: string, test: string): string =>
  new RegExp(`^---- ${test} stdout ----\n(.*?)(?=^----|^failures:)`, 'ms').exec(outputs.get(name) ?? '')?.[1] ?? '';

if (!existsSync(join(BUILT, 'rg.wasm'))) {
  console.log('skips ripgrep: this machine has no Rust with the target wasm32-wasip2');
  process.exit(process.env['CI'] ? 1 : 0);
}
const rows: Array<Record<string, string | number>> = [];
let [passed, failed] = [0, 0];
for (const [mode, hosts] of Object.entries(MODES)) {
  const option = mode === '--mmap' ? mode : '';
  const native = await runTests(`natively, ${mode}`, `exec ${quote(join(BUILT, 'rg'))} ${option} "$@"`);
  const passing = [...native].filter(([, ok]) => ok).map(([test]) => test);
  const row: Record<string, string | number> = { 'ripgrep, its tests': mode, natively: passing.length };
  rows.push(row);
  for (const [host, command] of Object.entries(HOSTS)) {
    row[host] = '-';
    if (!hosts.includes(host)) continue;
    const run = command.map(quote).join(' ');
    const component = quote(join(BUILT, 'rg.wasm'));
    spawnSync('sh', ['-c', `${run} ${component} --version`]); // Translates it.
    const passOn = ['RIPGREP_CONFIG_PATH', 'GIT_CONFIG_GLOBAL'].map((name) => `\${${name}:+--env ${name}}`);
    const script = `exec ${run} --dir .::/ --dir TEMPORARY ${passOn.join(' ')} ${component} ${option} "$@"`;
    const name = `${host}, ${mode}`;
    const results = await runTests(name, script);
    const right = passing.filter((test) => results.get(test));
    row[host] = right.length;
    console.log(`${name}: ${right.length} of ${passing.length} tests pass`);
    passed += right.length;
    for (const test of passing) {
      const [ok, reason] = [results.get(test) === true, reasons.get(test)];
      if (ok === (reason === undefined)) continue;
      failed += 1;
      console.log(
        `${name}: ${test}: ${ok ? `passes, but has an exception: ${reason}` : `fails\n${printed(name, test)}`}`,
      );
    }
  }
}
printTable(rows);
for (const [reason, tests] of Object.entries(EXCEPTIONS)) console.log(`${reason}: ${tests.join(', ')}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
