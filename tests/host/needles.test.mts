// Searches for bytes that are too many for one list, by the libraries for C, Rust and Python: the library passes a part, and
// goes on by itself. The file is zeros with two marks, so that a needle fits nearly everywhere.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COMPONENT } from '../python/hosts.mjs';

const MIB = 2 ** 20;
const LONG = 16 * MIB + 5;
const MARKS = [20 * MIB, 40 * MIB + 3] as const;
const END = 64 * MIB;
const ALL = `0:${2 ** 40}`;

/** Zeros, then a mark. */
const LAST = `${MARKS[1] + 1 - LONG}:${LONG}`;
/** A mark amid zeros. */
const AMID = `${MARKS[0] - 1000}:${LONG}`;
const ZEROS = `${MARKS[1] + 1}:${LONG}`;

/** Steps of needles.c, and what they print. */
const STEPS: Array<[step: string, printed?: number | string]> = [
  [`find:${AMID}:${ALL}`, MARKS[0] - 1000],
  [`rfind:${AMID}:${ALL}`, MARKS[1] - 1000],
  [`find:${AMID}:${MARKS[0] - 999}:${END}`, MARKS[1] - 1000],
  [`rfind:${AMID}:0:${MARKS[1] - 1000 + LONG - 1}`, MARKS[0] - 1000],
  [`find:${LAST}:${ALL}`, MARKS[0] + 1 - LONG],
  [`rfind:${LAST}:${ALL}`, MARKS[1] + 1 - LONG],
  [`find:${LAST}:${MARKS[0] + 2 - LONG}:${MARKS[1]}`, 'none'],
  [`rfind:${LAST}:${MARKS[0] + 2 - LONG}:${MARKS[1]}`, 'none'],
  [`find:${ZEROS}:1:${END}`, 1],
  [`rfind:${ZEROS}:${ALL}`, END - LONG],
  [`find:${ZEROS}:${END + 1 - LONG}:${END}`, 'none'],
  [`rfind:${ZEROS}:${END}:0`, 'none'],
  [`find:${10 * MIB}:${40 * MIB}:${ALL}`, 10 * MIB],
  [`rfind:${10 * MIB}:${40 * MIB}:${ALL}`, 10 * MIB],
  // A match that ends shortly before a lost page.
  [`keep:${ZEROS}`],
  [`cut:${37 * MIB}`],
  [`find:-:${LONG}:${MARKS[0] + 1}:${END}`, MARKS[0] + 1],
  [`cut:${30 * MIB}`],
  [`find:-:${LONG}:0:${END}`, 0],
  [`find:-:${LONG}:${MARKS[0] - MIB}:${END}`, 'fault'],
  [`rfind:-:${LONG}:0:${END}`, 'fault'],
  [`rfind:-:${LONG}:0:${30 * MIB}`, MARKS[0] - LONG],
];

/** needles.c in Python. */
const PYTHON = `
import errno, mmap, os, sys

path, kept = sys.argv[1], b""
with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as m:
    for step in sys.argv[2:]:
        word, *numbers = step.split(":")
        at, length, start, end = [*(-1 if number == "-" else int(number) for number in numbers), 0, 0, 0][:4]
        try:
            if word == "cut":
                os.truncate(path, at)
            elif word == "keep":
                kept = m[at : at + length]
            else:
                position = getattr(m, word)(m[at : at + length] if at >= 0 else kept, start, min(end, len(m)))
                print("none" if position < 0 else position)
        except OSError as error:
            print({errno.EFAULT: "fault"}.get(error.errno, error))
`;

const HOSTS: Record<string, string[]> = {
  node: [process.execPath, 'dist/cli/main.mjs', 'run'],
  'node, polyfill': [process.execPath, 'dist/cli/main.mjs', 'run', '--no-native'],
  wasmtime: ['build/wasmtime/wasi-mmap', 'run'],
  'wasmtime, polyfill': ['build/wasmtime/wasi-mmap', 'run', '--no-native'],
};
/** The extension for Python has the functions for C. */
const RUNS: Record<string, { guest: string[]; hosts: string[] }> = {
  C: { guest: ['build/guests/c/needles.wasm'], hosts: Object.keys(HOSTS) },
  Rust: { guest: ['build/guests/rust/needles.wasm'], hosts: ['node, polyfill', 'wasmtime'] },
  Python: { guest: [COMPONENT, '-c', PYTHON], hosts: ['node'] },
};

const folder = mkdtempSync(resolve('build', 'needles-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

for (const [language, { guest, hosts }] of Object.entries(RUNS)) {
  for (const host of hosts) {
    test(`${language}, ${host}`, () => {
      const file = openSync(`${folder}/file`, 'w');
      for (const mark of MARKS) writeSync(file, '1', mark);
      closeSync(file);
      truncateSync(`${folder}/file`, END);
      const [program = '', ...options] = HOSTS[host] as string[];
      const words = [...options, '--dir', `${folder}::/`, ...guest, '/file', ...STEPS.map(([step]) => step)];
      const { stdout, stderr } = spawnSync(program, words, { encoding: 'utf8' });
      const printed = STEPS.flatMap(([, answer]) => answer ?? []);
      assert.equal(stdout.split('\n').slice(0, -1), printed.map(String), stderr);
    });
  }
}

test.run();
