/**
 * Lists what the packages contain of others, as CycloneDX: sbom.mjs FILE. cdxgen reads the lock files of what is compiled in or
 * bundled; what it writes of the time and of this machine is replaced, so that a commit has one list.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

const [to] = process.argv.slice(2);
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const { version, license } = json('package.json');

/** cdxgen, where `setup.sh packages` has put it. */
function findCdxgen() {
  const lock = readFileSync('.build/pins/packages/package-lock.json');
  const key = createHash('sha256').update(lock).digest('hex').slice(0, 12);
  return join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'wasi-mmap',
    `packages-${key}`,
    'node_modules/.bin/cdxgen',
  );
}

/** Crates that are compiled into packages, and what the npm package has of others: acorn, and a search in its addon. */
function stage(folder) {
  for (const crate of ['guest/rust', 'guest/polyfill', 'guest/polyfill/plug', 'host/wasmtime']) {
    const target = join(folder, crate.replaceAll('/', '-'));
    mkdirSync(target);
    for (const file of ['Cargo.toml', 'Cargo.lock']) copyFileSync(join(crate, file), join(target, file));
  }
  const { packages } = json('package-lock.json');
  const contained = ['acorn', 'stringzilla'].map((name) => [
    `node_modules/${name}`,
    { ...packages[`node_modules/${name}`], dev: undefined },
  ]);
  const dependencies = Object.fromEntries(
    contained.map(([path, { version: pin }]) => [path.replace('node_modules/', ''), pin]),
  );
  const root = { name: 'wasi-mmap', version, license, dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(root));
  const lock = {
    name: root.name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': root, ...Object.fromEntries(contained) },
  };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
}

const folder = mkdtempSync(join(tmpdir(), 'wasi-mmap-sbom-'));
try {
  stage(folder);
  const words = [
    '-t',
    'js',
    '-t',
    'cargo',
    '--spec-version',
    '1.6',
    '--no-install-deps',
    '--no-babel',
    '--no-evidence',
    '-o',
    'bom.json',
    '.',
  ];
  const env = { ...process.env, FETCH_LICENSE: 'false', CI: 'true' };
  execFileSync(findCdxgen(), words, { cwd: folder, env, stdio: 'ignore' });
  const bom = json(join(folder, 'bom.json'));
  const seconds = Number(process.env.SOURCE_DATE_EPOCH);
  bom.metadata.timestamp = new Date(seconds * 1000).toISOString();
  bom.metadata.component = {
    type: 'application',
    name: 'wasi-mmap',
    version,
    'bom-ref': `pkg:npm/wasi-mmap@${version}`,
    purl: `pkg:npm/wasi-mmap@${version}`,
    licenses: [{ expression: license }],
  };
  for (const component of bom.components) {
    delete component.evidence;
    delete component.properties;
  }
  delete bom.metadata.properties;
  delete bom.annotations;
  bom.components.sort((one, other) => (one['bom-ref'] < other['bom-ref'] ? -1 : 1));
  bom.dependencies?.sort((one, other) => (one.ref < other.ref ? -1 : 1));
  const hash = createHash('sha256').update(JSON.stringify(bom.components)).digest('hex');
  // A UUID of version 8, of the content.
  const uuid = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
  bom.serialNumber = `urn:uuid:${uuid}`;
  const names = new Set(bom.components.map(({ name }) => name));
  for (const name of ['acorn', 'stringzilla', 'wasmtime'])
    if (!names.has(name)) throw new Error(`the list lacks ${name}`);
  const text = JSON.stringify(bom, null, 1);
  if (text.includes(folder)) throw new Error('the list names a folder of this machine');
  writeFileSync(to, `${text}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
