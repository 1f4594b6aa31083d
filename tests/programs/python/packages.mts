/**
 * Unmodified packages of PyPI that map files: their own tests and small programs, in the guest and in CPython, compared
 * method by method.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { runGuest, runNative, type Host } from '../../python/hosts.mjs';
import { brief, outcomesOf, type Outcome } from '../../python/outcomes.mjs';

export interface Package {
  /** As pinned in tests/programs/python/packages.txt. */
  name: string;
  /** Modules of tests, or a program of guests/. */
  modules?: string[];
  program?: string;
  /** Packages that it needs. */
  needs: string[];
  /** Tried by `make programs-test` alone: it takes long and rarely breaks. */
  apart?: true;
  /** Hosts where it takes too long, and why. */
  without?: Partial<Record<Host, string>>;
}

/** pyelftools' own tests, which read files; mapped_elf maps them. */
const ELF_TESTS = [
  'arm_call_reloc',
  'arm_support',
  'bogus_entry_size',
  'callframe',
  'compressed_support',
  'core_notes32',
  'core_notes32_mips',
  'core_notes64',
  'corpus_naming',
  'corrupt_files',
  'dbgfile',
  'debuglink',
  'die_size',
  'double_dynstr_section',
  'dwarf_aranges',
  'dwarf_attr_form_flag_present',
  'dwarf_constisntloc',
  'dwarf_cu_and_die_cache',
  'dwarf_expr',
  'dwarf_formdata16',
  'dwarf_formindirect',
  'dwarf_lineprogram',
  'dwarf_llpair',
  'dwarf_locationattr',
  'dwarf_locexpr_on_gnucall',
  'dwarf_phantombytes',
  'dwarf_range_lists',
  'dwarf_structs',
  'dwarf_v5',
  'dwarf_v5_forms',
  'dynamic',
  'ehabi_decoder',
  'ehabi_elf',
  'elffile',
  'encoding',
  'get_section_index',
  'get_symbol_by_name',
  'gnuversions',
  'hash',
  'int24',
  'mips_support',
  'notes',
  'pubtypes',
  'py3compat',
  'refaddr_bitness',
  'relocations',
  'relr',
  'riscv_support',
  'section_self_link',
  'solaris_support',
  'stab',
  'supplementary_object_files',
  'tree',
  'utils',
];

export const PACKAGES: Package[] = [
  {
    name: 'maxminddb',
    modules: [
      'tests.reader_test.TestMMAPReader',
      'tests.reader_test.TestMMAPReaderWithIPObjects',
      'tests.reader_test.TestAutoReader',
      'tests.reader_test.TestReaderInitialization',
      'tests.decoder_test',
    ],
    needs: [],
  },
  {
    name: 'gitdb',
    modules: [
      ...['base', 'example', 'pack', 'stream', 'util'].map((name) => `gitdb.test.test_${name}`),
      ...['git', 'loose', 'mem', 'pack', 'ref'].map((name) => `gitdb.test.db.test_${name}`),
    ],
    needs: ['smmap', 'pytest', 'pluggy', 'iniconfig', 'packaging', 'pygments'],
  },
  {
    name: 'smmap',
    modules: ['buf', 'mman', 'tutorial', 'util'].map((name) => `smmap.test.test_${name}`),
    needs: [],
    without: { 'node-polyfill': "its tests read gigabytes; gitdb's go through it" },
  },
  { name: 'prometheus_client', modules: ['tests.test_multiprocess', 'growth'], needs: [] },
  { name: 'pefile', program: 'executables.py', needs: [] },
  { name: 'xlrd', program: 'workbooks.py', needs: ['xlwt'] },
  {
    name: 'dulwich',
    modules: ['pack', 'bitmap', 'midx', 'object_store', 'commit_graph'].map((name) => `tests.test_${name}`),
    needs: [],
    apart: true,
  },
  {
    name: 'bitstring',
    modules: ['bitarray', 'bits', 'bitstore', 'bitstream', 'bitstring', 'constbitstream'].map(
      (name) => `tests.test_${name}`,
    ),
    needs: [],
    apart: true,
  },
  {
    name: 'pyelftools',
    modules: [...ELF_TESTS.map((name) => `test.test_${name}`), 'mapped_elf'],
    needs: [],
    apart: true,
  },
  {
    name: 'hachoir',
    modules: [...['parser', 'metadata', 'grep'].map((name) => `tests.test_${name}`), 'mapped_media'],
    needs: [],
    apart: true,
  },
];

const { XDG_CACHE_HOME } = process.env;
const CACHE = join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'wasi-mmap', 'python', 'packages');

/** The version that is pinned. */
export function versionOf(name: string): string {
  const line = new RegExp(`^${name}==(\\S+)`, 'm').exec(readFileSync('tests/programs/python/packages.txt', 'utf8'));
  return line?.[1] as string;
}

/** The source distribution of a package, unpacked once. */
export function sourceOf(name: string): string {
  const release = `${name}-${versionOf(name)}`;
  const folder = join(CACHE, release);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const draft = mkdtempSync(join(CACHE, 'draft-'));
  try {
    const script = 'tests/programs/python/fetch.py';
    const { status, stderr } = spawnSync('build/venv/bin/python', [script, name, draft], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${release} cannot be had: ${stderr.slice(-1000)}`);
    renameSync(join(draft, readdirSync(draft)[0] as string), folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

/** The folder of importable code in the source of a package. */
const CODE: Record<string, string> = { pytest: 'src', pluggy: 'src', iniconfig: 'src', packaging: 'src' };

/** A folder for one run, with the package, its dependencies and the files that its tests read. */
function prepare({ name, needs }: Package): { folder: string; path: string[] } {
  const folder = mkdtempSync(resolve('build', 'package-'));
  cpSync(sourceOf(name), folder, { recursive: true });
  for (const need of needs)
    cpSync(join(sourceOf(need), CODE[need] ?? '.'), join(folder, 'needs', need), { recursive: true });
  for (const guests of ['tests/python/guests', 'tests/programs/python/guests'])
    cpSync(guests, join(folder, 'guests'), { recursive: true });
  if (name === 'gitdb') {
    // Its tests read the repository that holds them, and a source distribution is in none.
    const options = { cwd: folder, encoding: 'utf8' } as const;
    const git = ['-c', 'user.name=tests', '-c', 'user.email=tests@localhost'];
    const commit = [...git, 'commit', '--quiet', '--message=source'];
    for (const words of [['init', '--quiet'], ['add', 'gitdb'], commit, ['repack', '-adq'], ['pack-refs', '--all']])
      spawnSync('git', words, options);
  }
  if (name === 'pefile') {
    const installed = spawnSync('build/venv/bin/python', ['-c', 'import pip; print(pip.__path__[0])'], {
      encoding: 'utf8',
    });
    const launchers = join(installed.stdout.trim(), '_vendor', 'distlib');
    for (const file of readdirSync(launchers).filter((entry) => entry.endsWith('.exe')))
      cpSync(join(launchers, file), join(folder, file));
  }
  return { folder, path: ['.', ...needs.map((need) => `needs/${need}`)] };
}

export interface Compared {
  /** Methods that end in the same way. */
  same: number;
  /** Those of them that pass. */
  passed: number;
  /** The others: how each ends in CPython, and how in the guest. */
  different: Map<string, { native: string; guest: string }>;
}

/** Natively, in a copy of the folder. */
async function outcomesOfNative(tested: Package): Promise<Map<string, Outcome>> {
  const { folder, path } = prepare(tested);
  try {
    const { program = 'unittests.py', modules = [] } = tested;
    const where = [...path, 'guests'].map((part) => join(folder, part)).join(':');
    return outcomesOf(await runNative([join('guests', program), ...modules], folder, where));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function outcomesOfGuest(tested: Package, host: Host): Promise<Map<string, Outcome>> {
  const { folder, path } = prepare(tested);
  try {
    const { program = 'unittests.py', modules = [] } = tested;
    const where = [...path, 'guests', 'guests/standins'].map((part) => `/${part}`).join(':');
    mkdirSync(join(folder, 'tmp'), { recursive: true });
    return outcomesOf(await runGuest(host, [`/guests/${program}`, ...modules], { '/': folder }, where));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const natives = new Map<string, Promise<Map<string, Outcome>>>();

export async function compare(tested: Package, host: Host): Promise<Compared> {
  const native = await (natives.get(tested.name) ??
    natives.set(tested.name, outcomesOfNative(tested)).get(tested.name));
  const guest = await outcomesOfGuest(tested, host);
  const compared: Compared = { same: 0, passed: 0, different: new Map() };
  for (const test of new Set([...(native?.keys() ?? []), ...guest.keys()])) {
    const [here, there] = [native?.get(test), guest.get(test)];
    // The output of a program is compared, too.
    const same = here?.outcome === there?.outcome && (here?.outcome !== 'ok' || here.reason === there?.reason);
    if (same) {
      compared.same += 1;
      if (here?.outcome === 'ok') compared.passed += 1;
    } else
      compared.different.set(test, {
        native: here ? brief(here) : 'not there',
        guest: there ? brief(there) : 'not there',
      });
  }
  return compared;
}

/** Methods that end differently in a guest on a host, and why. One that does not is an error. */
export function expectedDifferences(name: string, host: Host): Record<string, string> {
  const all = JSON.parse(readFileSync('tests/programs/python/expectations.json', 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  return { ...all[name], ...all[`${name} on ${host.replace('-polyfill', '')}`] };
}
