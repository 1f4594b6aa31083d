// Makes a folder of which `npm ci` installs packages beside those of package.json, each with the hash that it must have:
// pinned.mjs FOLDER NAME@VERSION... Hashes are in pins/npm.json (npm view NAME@VERSION dist.integrity), and those of
// packages for other systems in package-lock.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));

const [, , folder, ...specs] = process.argv;
const pins = read('pins/npm.json');
const locked = read('../package-lock.json').packages;

function integrity(name, version) {
  const entry = locked[`node_modules/${name}`];
  const hash = pins[`${name}@${version}`] ?? (entry?.version === version ? entry.integrity : undefined);
  if (!hash?.startsWith('sha512-')) {
    console.error(`setup: there is no hash for ${name}@${version} in .build/pins/npm.json`);
    process.exit(1);
  }
  return hash;
}

const dependencies = {};
const packages = { '': { dependencies } };
for (const spec of specs) {
  const at = spec.lastIndexOf('@');
  const [name, version] = [spec.slice(0, at), spec.slice(at + 1)];
  dependencies[name] = version;
  packages[`node_modules/${name}`] = { version, integrity: integrity(name, version) };
}
writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies }));
writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, requires: true, packages }));
