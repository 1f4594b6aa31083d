// The addons in prebuilds/: for which processor, what they link, and what they need of it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** As tests/package/links.py prints it. */
interface Links {
  machine: string;
  libraries: string[];
  symbols: string[];
  exports: string[];
  versions?: string[];
  flags?: string[];
}

interface Expected {
  machine: string;
  libraries: RegExp;
  /** The newest version of glibc that symbols may need, see host/node/prebuilds.sh. */
  glibc?: number;
}

const WINDOWS_LIBRARIES = /^(KERNEL32\.dll|ntdll\.dll|api-ms-win-crt-[a-z]+-l1-1-0\.dll)$/;
/** glibc is several libraries up to 2.33. */
const GLIBC = /^(libc\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-x86-64\.so\.2|ld-linux-aarch64\.so\.1)$/;
/** musl takes this name for itself. */
const MUSL = /^libc\.so$/;

const EXPECTED: Readonly<Record<string, Expected>> = {
  'linux-x64/wasi-mmap.glibc.node': { machine: 'X86_64', libraries: GLIBC, glibc: 2.28 },
  'linux-x64/wasi-mmap.musl.node': { machine: 'X86_64', libraries: MUSL },
  'linux-arm64/wasi-mmap.glibc.node': { machine: 'AARCH64', libraries: GLIBC, glibc: 2.28 },
  'linux-arm64/wasi-mmap.musl.node': { machine: 'AARCH64', libraries: MUSL },
  'win32-x64/wasi-mmap.node': { machine: 'AMD64', libraries: WINDOWS_LIBRARIES },
  'win32-arm64/wasi-mmap.node': { machine: 'ARM64', libraries: WINDOWS_LIBRARIES },
};

const { v8 } = createRequire(import.meta.url)('node-api-headers').symbols as Record<
  string,
  { node_api_symbols: string[]; js_native_api_symbols: string[] }
>;
const NODE_API = new Set([...(v8?.node_api_symbols ?? []), ...(v8?.js_native_api_symbols ?? [])]);

/** Those of macOS are in macho.test.mts. */
const built = existsSync('build/prebuilds.sources')
  ? readdirSync('prebuilds')
      .filter((platform) => !platform.startsWith('darwin'))
      .flatMap((platform) => readdirSync(join('prebuilds', platform)).map((file) => `${platform}/${file}`))
  : [];

/** The libraries and symbols of each addon, or undefined where this machine cannot tell. */
function read(): Record<string, Links> | undefined {
  const python = 'build/venv/bin/python';
  const lief = existsSync('build/venv/binaries.stamp');
  const lacking =
    built.length === 0 ? 'no prebuilds (make prebuilds)' : lief ? '' : 'no LIEF (.build/setup.sh prebuilds)';
  if (lacking) {
    console.log(`package skips what the addons link: this machine has ${lacking}`);
    assert.not.ok(process.env['CI'], 'CI needs the addons and what reads them');
    return undefined;
  }
  const paths = built.map((name) => join('prebuilds', name));
  return JSON.parse(execFileSync(python, ['tests/package/links.py', ...paths], { encoding: 'utf8' })) as never;
}

test('each addon links the libraries of its system alone', () => {
  const all = read();
  if (!all) return;
  assert.equal(built.sort(), Object.keys(EXPECTED).sort());
  for (const [path, links] of Object.entries(all)) {
    const name = `${basename(dirname(path))}/${basename(path)}`;
    const { machine, libraries, glibc } = EXPECTED[name] as Expected;
    assert.is(links.machine, machine, name);
    assert.equal(
      links.libraries.filter((library) => !libraries.test(library)),
      [],
      name,
    );
    const versions = (links.versions ?? []).map((version) => /^GLIBC_2\.(\d+)/.exec(version)?.[1] ?? version);
    const minor = Math.round(((glibc ?? 2) % 1) * 100);
    assert.equal(
      versions.filter((version) => !(Number(version) <= minor)),
      [],
      `${name}: the newest glibc`,
    );
    if (glibc !== undefined) assert.ok(versions.length > 0, `${name} has no versions`);
    const isNodeApi = (symbol: string): boolean => /^(napi|node_api)_/.test(symbol);
    assert.equal(
      links.symbols.filter((symbol) => isNodeApi(symbol) && !NODE_API.has(symbol)),
      [],
      `${name}: Node-API 8 has these`,
    );
    // The operators new and delete can be replaced by a program.
    assert.equal(
      links.exports.filter((symbol) => !/^_Z(n[wa]|d[la])/.test(symbol)),
      ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
      name,
    );
    if (links.flags) assert.ok(links.flags.includes('NODELETE'), `${name} must stay, for its handler does`);
  }
});

test.run();
