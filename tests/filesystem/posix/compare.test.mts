// One program of calls of files, on this system, in wasmtime and in Node: each call has the same answer, or a reason.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { thorough } from '../../tools/thorough.mjs';
import { WASMTIME } from '../../tools/wasmtime.mjs';
import { CHOSEN, randomScript } from '../scripts.mjs';

const CALLS = 'build/guests/c/calls.wasm';
const RANDOM = thorough ? 400 : 16;
const LENGTH = 200;

const guest = (command: string[], folder: string): string[] => [
  ...command,
  'run',
  '--dir',
  `${folder}::/folder`,
  CALLS,
  '/folder',
];
const HOSTS: Record<'system' | 'wasmtime' | 'node', (folder: string) => string[]> = {
  system: (folder) => ['build/guests/c/calls', folder],
  wasmtime: (folder) => guest([WASMTIME], folder),
  node: (folder) => guest([process.execPath, 'dist/cli/main.mjs'], folder),
};

function run(script: string, host: keyof typeof HOSTS): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-mmap-calls-'));
  try {
    const [program = '', ...words] = HOSTS[host](folder);
    const { status, stdout, stderr } = spawnSync(program, words, { input: `${script}\n`, encoding: 'utf8' });
    assert.is(status, 0, `${host}: ${stderr}`);
    return stdout.split('\n').map((line) => line.trim());
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const SANDBOX = 'a path or link that leaves the folder, or an absolute one, is EPERM';
const OF_ADAPTER = 'the C library has no such call for directories: EBADF';
const SLASH = 'a slash at the end of a path is checked in another order';

/** Where a guest in Node differs from Linux: the call, Linux's answer, Node's. Wasmtime differs as Node does. */
const IN_BOTH: Array<[reason: string, call: RegExp, system: RegExp, guest: RegExp]> = [
  [OF_ADAPTER, /^(p?read|p?write|ftruncate|seek|f(data)?sync|fadvise|futimens|fseek|ftell) /, /./, /^EBADF$/],
  [OF_ADAPTER, /^ftimes /, /./, /./], // What `futimens` did not set.
  [SANDBOX, /@|^\w+at /, /./, /^EPERM$/],
  [SLASH, /\/( |$)/, /^E/, /^E/],
  ['links that lead in a circle are ELOOP before a name exists', /./, /^E/, /^ELOOP$/],
  ['a directory cannot be made by `open`', /^open .* rcx$/, /^EISDIR$/, /^EEXIST$/],
  ['rmdir of a parent', /^rmdir .*\/\.\.$/, /^ENOTEMPTY$/, /^EINVAL$/],
  ['a position that no file system has', /^(seek|write|pwrite) /, /^(EINVAL|1)$/, /^(\d+|EFBIG)$/],
  ['a descriptor of no directory', /at /, /./, /^EBADF$/],
  ['the C library reads and writes by two streams', /^(read|fread|seek|ftell|f?stat) /, /^(\d|file)/, /^(\d|file)/],
];

/** Calls that wasmtime answers otherwise than Linux and Node do. */
const IN_WASMTIME: Array<[reason: string, call: RegExp, wasmtime: RegExp]> = [
  ['a stream that met its end stays there', /^read /, /^0$/],
  ['a stream that failed stays closed', /^write /, /^EIO$/],
  ['`open` with O_CREAT gives the right to write', /^(write|pwrite|mode|stat|lstat|fstat|ftruncate|seek|read)/, /./],
  [SLASH, /\/\.*( |$)/, /./],
  ['a link of a name that does not exist', /^link /, /^E/],
  ['both times stay', /^l?utimens .*omit omit$/, /./],
  ['rmdir with a slash at the end does nothing', /^list /, /./],
];

const known = new Map<string, number>();
let [calls, withSystem, withWasmtime] = [0, 0, 0];

/** Whether a difference has a reason, which is counted. */
function explain(reason: string | undefined): boolean {
  if (reason !== undefined) known.set(reason, (known.get(reason) ?? 0) + 1);
  return reason !== undefined;
}

const inBoth = (call: string, system: string, own: string): string | undefined =>
  IN_BOTH.find(([, form, theirs, ours]) => form.test(call) && theirs.test(system) && ours.test(own))?.[0];
const inWasmtime = (call: string, wasmtime: string): string | undefined =>
  IN_WASMTIME.find(([, form, theirs]) => form.test(call) && theirs.test(wasmtime))?.[0];

/**
 * Compares the answers, and returns differences without a reason. One that differs can change what comes later, so the other
 * host is not asked any more, unless the script says that it does not matter.
 */
function compare(name: string, script: string, goOn: boolean): string[] {
  const problems: string[] = [];
  const lines = script
    .trim()
    .split('\n')
    .map((line) => line.trim());
  const answers = { system: run(script, 'system'), wasmtime: run(script, 'wasmtime'), node: run(script, 'node') };
  let [system, wasmtime] = [true, true];
  for (const [at, call] of lines.entries()) {
    const [ofSystem = '', ofWasmtime = '', own = ''] = [answers.system[at], answers.wasmtime[at], answers.node[at]];
    if (!system && !wasmtime) break;
    calls += 1;
    if (system) withSystem += 1;
    if (wasmtime) withWasmtime += 1;
    // A difference to wasmtime is wasmtime's if Linux answers as Node does, as far as Linux is still asked.
    const [likeSystem, likeWasmtime] = [!system || own === ofSystem, !wasmtime || own === ofWasmtime];
    const say = `${name}, call ${at}: ${call}: ${ofSystem} on Linux, ${ofWasmtime} in wasmtime, ${own} in Node`;
    if (!likeSystem) {
      if (!explain(inBoth(call, ofSystem, own))) problems.push(say);
      system = goOn;
    }
    if (!likeWasmtime) {
      if (!likeSystem || !explain(inWasmtime(call, ofWasmtime))) problems.push(say);
      wasmtime = goOn;
    }
  }
  return problems;
}

if (process.platform === 'linux' && existsSync(WASMTIME)) {
  for (const [name, script] of Object.entries(CHOSEN)) {
    test(name, () => assert.equal(compare(name, script, true), []));
  }
  test(`${RANDOM} random scripts`, () => {
    const seeds = Array.from({ length: RANDOM }, (_, at) => at + 1);
    assert.equal(
      seeds.flatMap((seed) => compare(`seed ${seed}`, randomScript(seed, LENGTH), false)),
      [],
    );
    console.log(`table: ${calls} calls compared, ${withSystem} with Linux and ${withWasmtime} with wasmtime`);
    for (const [reason, count] of known) console.log(`table: ${count} answers differ: ${reason}`);
  });
} else {
  test('skips the comparison: it needs Linux and the command for wasmtime', () => undefined);
}

test.run();
