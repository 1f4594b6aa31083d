/** The package as npm makes it, in a folder of a test, and the pinned tools that it is tried with. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

/** A folder that ends with the process. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `wasi-mmap-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Packs the package into a folder, and returns the path of the file. */
export function pack(folder: string): string {
  execFileSync('host/node/prebuilds.sh', ['here']);
  execFileSync('ts/pack.sh', [folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) as string);
}

/** Puts the packed package into `node_modules` of a folder, as npm would. */
export function unpack(archive: string, folder: string): void {
  const to = join(folder, 'node_modules/wasi-mmap');
  mkdirSync(to, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', to, '--strip-components=1']);
}

/** The folder of build caches, outside of the clone. */
export const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasi-mmap');

/** The packages of `.build/pins/NAME`, if `setup.sh NAME` has brought them here. */
export function findTools(name: string): string | undefined {
  const lock = readFileSync(join('.build/pins', name, 'package-lock.json'));
  const key = createHash('sha256').update(lock).digest('hex').slice(0, 12);
  const path = join(CACHE, `${name}-${key}`, 'node_modules');
  return existsSync(path) ? path : undefined;
}

/** A program of Go that `setup.sh packages` has built. */
export function findProgram(name: string): string | undefined {
  const folder = readdirSync(CACHE).find((each) => new RegExp(`^${name}-[\\d.]+$`).test(each));
  return folder && join(CACHE, folder, name);
}

/** The folder in which wasmtime is compiled already. */
export const CARGO_TARGET = process.env['CARGO_TARGET_DIR'] ?? join(CACHE, 'cargo');

/** The words after a Python with which pip installs what is named after them, and nothing else. */
export const PIP_INSTALL = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];

/** Says that a test is skipped. CI has everything. */
export function skip(reason: string): void {
  console.log(`package skips ${reason}`);
  assert.not.ok(process.env['CI'], reason);
}

/** Copies the sources of a test into a folder. */
export function copySources(name: string, folder: string): void {
  cpSync(join('tests/package', name), folder, { recursive: true });
}
