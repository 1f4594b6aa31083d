/**
 * Writes the licences of what is compiled into the command for wasmtime: licences.mjs FILE ZIG, the folder of zig. Each text stands there once, below the
 * names of what it is for: crates, the library of Rust, and what zig links.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const [to, zig] = process.argv.slice(2);
const TARGETS = ['x86_64-unknown-linux-gnu', 'x86_64-unknown-linux-musl', 'x86_64-pc-windows-gnullvm'];
const words = [
  'metadata',
  '--format-version',
  '1',
  '--locked',
  '--features',
  'cli',
  '--manifest-path',
  'host/wasmtime/Cargo.toml',
];
const platforms = TARGETS.flatMap((target) => ['--filter-platform', target]);
const options = { encoding: 'utf8', maxBuffer: 1 << 28 };
const { packages, resolve } = JSON.parse(execFileSync('.build/cargo.sh', [...words, ...platforms], options));
const byId = new Map(packages.map((each) => [each.id, each]));
const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));

/** What a crate is compiled with, and not what only its build or its tests need. */
const linked = new Set();
const visit = (id) => {
  if (linked.has(id)) return;
  linked.add(id);
  for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) if (kinds.some(({ kind }) => kind === null)) visit(pkg);
};
visit(resolve.root);
linked.delete(resolve.root);

const NAME = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;
const textsIn = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && NAME.test(entry.name))
    .map(({ name }) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());

/** Text, and the names of what it is for. */
const texts = new Map();
const add = (name, list) => {
  for (const text of list) texts.set(text, [...(texts.get(text) ?? []), name]);
};
const crates = [...linked].map((id) => byId.get(id)).sort((one, other) => (one.id < other.id ? -1 : 1));
for (const { name, version, license, manifest_path: manifest } of crates)
  add(`${name} ${version} (${license})`, textsIn(dirname(manifest)));
add('StringZilla (Apache-2.0)', textsIn('node_modules/stringzilla'));
const sysroot = execFileSync('rustc', ['--print', 'sysroot'], options).trim();
// Rust of Debian has them elsewhere.
const rust = ['MIT', 'Apache-2.0']
  .map((name) => join(sysroot, `share/doc/rust/licenses/${name}.txt`))
  .filter(existsSync);
add(
  'the standard library of Rust (MIT OR Apache-2.0)',
  rust.map((path) => readFileSync(path, 'utf8').trim()),
);
for (const [name, path] of [
  ['libc++ (Apache-2.0 WITH LLVM-exception)', 'libcxx/LICENSE.TXT'],
  ['musl (MIT), for Linux without a C library', 'libc/musl/COPYRIGHT'],
  ['mingw-w64 (ZPL-2.1 and others), for Windows', 'libc/mingw/COPYING'],
])
  add(name, [readFileSync(join(zig, 'lib', path), 'utf8').trim()]);

const parts = [...texts].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
const names = crates.map(({ name, version, license }) => `${name} ${version} (${license})`);
writeFileSync(
  to,
  `What is compiled into the command, beside its own sources:\n\n${names.join('\n')}\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`,
);
