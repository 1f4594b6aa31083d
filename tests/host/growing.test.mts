// Files that are mapped anew as they grow, by the libraries for Rust and Python: memory's end grows, and no pages are lost. The
// same for C is in tests/programs/c/linux.test.mts.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COMPONENT } from '../python/hosts.mjs';

/** growing.rs in Python: a buffer is a span. */
const PYTHON = `
import mmap, sys

path, access = sys.argv[1], {"read": mmap.ACCESS_READ, "write": mmap.ACCESS_WRITE, "copy": mmap.ACCESS_COPY}[sys.argv[2]]
kept = []
with open(path, "r+b") as file:
    for at, size in enumerate(sys.argv[3:]):
        try:
            with mmap.mmap(file.fileno(), int(size) << 20, access=access) as m, memoryview(m) as view:
                if access != mmap.ACCESS_READ:
                    view[-1] = ord("x")
                print(f"{size} MiB: {view[-1]}")
        except (OSError, OverflowError) as error:
            print(f"{size} MiB: {error}")
        kept.append([bytes(1000 + i) for i in range(100 * at)])
`;

/** The sizes in MiB: a program whose memory did not grow would need the sum, and there are addresses for 4096. */
const SPANS = {
  sizes: [1000, 1100, 1200, 1300, 1400, 1500, 1600, 1700, 1800, 1900, 2000, 2100, 3000, 500],
  most: 2100,
};
/** A copy that is stored takes its size twice. */
const COPIES = { sizes: [20, 24, 30, 40, 60, 10], most: 140 };

const HOSTS: Record<string, { command: string[]; sizes: number[]; most: number }> = {
  node: { command: [process.execPath, 'dist/cli/main.mjs', 'run'], ...SPANS },
  wasmtime: { command: ['build/wasmtime/wasi-mmap', 'run'], ...SPANS },
  'node, polyfill': { command: [process.execPath, 'dist/cli/main.mjs', 'run', '--no-native'], ...COPIES },
  'wasmtime, polyfill': { command: ['build/wasmtime/wasi-mmap', 'run', '--no-native'], ...COPIES },
};

const folder = mkdtempSync(resolve('build', 'growing-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

/** Runs a program, and returns its other lines. Neither a slice nor a buffer has 2 GiB: such a size is refused. */
function run(host: string, guest: string[], access: string, refusal: string): string[] {
  const { command, sizes } = HOSTS[host] as (typeof HOSTS)[string];
  closeSync(openSync(`${folder}/grows`, 'w'));
  truncateSync(`${folder}/grows`, 3000 * 2 ** 20);
  const [program = '', ...options] = command;
  const words = [...options, '--dir', `${folder}::/`, ...guest, '/grows', access, ...sizes.map(String)];
  const { stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
  const lines = stdout.split('\n').slice(0, -1);
  const byte = access === 'read' ? 0 : 'x'.codePointAt(0);
  const expected = sizes.map((size) => `${size} MiB: ${size < 2048 ? byte : refusal}`);
  assert.equal(lines.slice(0, sizes.length), expected, stderr);
  return lines.slice(sizes.length);
}

for (const [host, { most }] of Object.entries(HOSTS)) {
  for (const access of host.endsWith('polyfill') ? ['write'] : ['read', 'write', 'copy']) {
    test(`Rust, ${host}, ${access}`, () => {
      const [last = ''] = run(host, ['build/guests/rust/growing.wasm'], access, 'memory map length overflows isize');
      const [, memory] = /^memory: (\d+) MiB$/.exec(last) ?? [];
      assert.ok(Number(memory) <= most, last);
    });
  }
  if (host === 'wasmtime, polyfill') continue; // It would compile Python once more.
  test(`Python, ${host}`, () => {
    run(host, [COMPONENT, '-c', PYTHON], 'write', 'Python int too large to convert to C ssize_t');
  });
}

test.run();
