/**
 * Keeps what all manifests repeat in step with package.json: the version and the address of the repository.
 * manifests.mjs check: names what differs; manifests.mjs write [VERSION]: writes both everywhere, with a new version;
 * manifests.mjs after VERSION: fails if the version comes before the one of package.json.
 *
 * The interfaces in wit/ have versions of their own, which say what a component imports.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const OURS = ['wasi-mmap', 'wasmtime-wasi-mmap', 'wasi-mmap-polyfill', 'wasi-mmap-plug'];
// What an address on GitHub that ends with our name looks like, wherever one stands.
const REPOSITORY = /https:\/\/github\.com\/[\w.-]+\/wasi-mmap(?![\w-])/g;

const list = (...patterns) =>
  execFileSync('git', ['ls-files', '-z', ...patterns], { encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const [command, version = manifest.version] = process.argv.slice(2);
// Those of Semantic Versioning that PyPI takes as they are.
if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`no version: ${version}`);
const [repository] = manifest.repository.url.match(REPOSITORY);

/** Files, and where in each the version stands: between the two groups of an expression. */
const places = [
  [['package.json'], /^( {2}"version": ")[^"]*(")/gm],
  [['package-lock.json'], /^((?: {2}"name": "wasi-mmap",\n {2}| {6}"name": "wasi-mmap",\n {6})"version": ")[^"]*(")/gm],
  [['ts/node/places.ts'], /^(export const VERSION = ')[^']*(')/gm],
  [['guest/python/pyproject.toml', 'host/python/pyproject.toml'], /^(version = ")[^"]*(")/gm],
  [['*Cargo.toml', '*Cargo.lock'], new RegExp(`^(name = "(?:${OURS.join('|')})"\\nversion = ")[^"]*(")`, 'gm')],
  // A dependency with a path needs a version too, for the registry.
  [['guest/rust/memmap2/*Cargo.toml'], /^(wasi-mmap = \{ version = ")[^"]*(")/gm],
];

/** The files that are to change, with their new texts. */
function differences() {
  const texts = new Map();
  const change = (path, edit) => {
    const before = texts.get(path) ?? readFileSync(path, 'utf8');
    const after = edit(before);
    if (after !== before) texts.set(path, after);
  };
  for (const [patterns, place] of places)
    for (const path of list(...patterns)) change(path, (text) => text.replace(place, `$1${version}$2`));
  const addressed = ['*.md', '*.toml', '*.py', '*.yml', 'package.json'];
  for (const path of list(...addressed)) change(path, (text) => text.replace(REPOSITORY, repository));
  return texts;
}

const texts = differences();
switch (command) {
  case 'check':
    for (const path of texts.keys())
      console.error(`${path}: not version ${version}, or another repository than package.json`);
    if (texts.size > 0) {
      console.error('node .build/release/manifests.mjs write');
      process.exitCode = 1;
    }
    break;
  case 'write':
    for (const [path, text] of texts) writeFileSync(path, text);
    break;
  case 'after':
    // The same one is for a first release.
    if (version.localeCompare(manifest.version, 'en', { numeric: true }) < 0)
      throw new Error(`${version} comes before ${manifest.version}`);
    break;
  default:
    throw new Error(`unknown: ${command}`);
}
