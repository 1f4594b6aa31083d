/** Rivals that are measured beside us. What cannot be had is said, and left out. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

export const MMAP_IO = '@riaskov/mmap-io@1.4.3';

export interface MmapIo {
  PROT_READ: number;
  MAP_SHARED: number;
  map(size: number, protection: number, flags: number, fd: number, offset: number): Buffer;
}

/** Another mmap for Node; npm builds it in a folder of its own. */
export function loadMmapIo(): MmapIo | undefined {
  const folder = resolve('build/peers');
  mkdirSync(folder, { recursive: true });
  try {
    if (!existsSync(`${folder}/node_modules/@riaskov/mmap-io`)) {
      console.log(`installing ${MMAP_IO} to compare with`);
      writeFileSync(`${folder}/package.json`, '{ "private": true }\n');
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', MMAP_IO], {
        cwd: folder,
        stdio: 'pipe',
        timeout: 180_000,
      });
    }
    return createRequire(`${folder}/`)('@riaskov/mmap-io') as MmapIo;
  } catch (error) {
    console.log(`WITHOUT ${MMAP_IO}, which does not build here: ${String(error).split('\n')[0]}`);
    return undefined;
  }
}

export interface Search {
  find: number[];
  rfind: number[];
}

/** Of each round. */
export interface CoreFigures {
  read_ns: number[];
  memcpy_ns: number[];
  sequential: number[];
  searches: (Search & { memmem: number[] })[];
}

export interface PythonFigures {
  read_ns: number[];
  searches: Search[];
}

const run = (program: string, args: string[]): unknown => JSON.parse(execFileSync(program, args, { encoding: 'utf8' }));

export const coreFigures = (file: string, size: number, needles: string[]): CoreFigures =>
  run('build/cmake/plain/core_bench', [file, String(size), ...needles]) as CoreFigures;

export const pythonFigures = (file: string, size: number, needles: string[]): PythonFigures =>
  run('python3', ['tests/bench/cpython_bench.py', file, String(size), ...needles]) as PythonFigures;

export const pythonVersion = (): string => execFileSync('python3', ['--version'], { encoding: 'utf8' }).trim();
