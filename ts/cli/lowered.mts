/**
 * Gives the translation of a component of WASI 0.3 the host's own lowerings (see ts/host/lowered.mts).
 *
 * Fault: with `importBindings: 'hybrid'` jco-transpile 0.15 panics for a component that imports streams ("unexpected non-host
 * resource table"). So `importBindings` is `js` there, and the expressions that `hybrid` would have are put into the code.
 * Without them the guest's calls are copied twice, and it has no spans.
 * Mended: tests/cli/jco-faults.test.mts fails ("hybrid bindings panic").
 */

/** The functions with a lowering of the host's, by the name that jco gives them, and how the host's own name follows. */
const LOWERED: Readonly<Record<string, string>> = {
  'mapping#read': '.prototype.read',
  'mapping#write': '.prototype.write',
  'mapping#find': '.prototype.find',
  'mapping#rfind': '.prototype.rfind',
  'span#attach': '',
  'span#flush': '.prototype.flush',
  'span#advise': '.prototype.advise',
  'span#faulted': '.prototype.faulted',
};

/** The names are of letters and digits, so nothing else can get into the code. */
const FUNCTION =
  /\bconst _trampoline(\d+) = function\([\w, ]*\) \{\n([\s\S]*?)\n +_trampoline\1\.fnName = 'wasi-mmap:mmap\/(\w+)@0\.[23]\.0#(\w+)(?:\$\d+)?';/g;

interface Import {
  readonly trampoline: string;
  /** The host's function. */
  readonly name: string;
}

/** The functions of the contract that a translation imports. */
function* functionsOf(code: string): Generator<Import> {
  for (const [, trampoline = '', body = '', from = '', name = ''] of code.matchAll(FUNCTION)) {
    const place = LOWERED[`${from}#${name}`];
    if (place === undefined) continue;
    const owner =
      place === ''
        ? /=> (attach(?:\$\d+)?)\(rsc0, /.exec(body)?.[1]
        : /= Object\.create\((\w+(?:\$\d+)?)\.prototype\)/.exec(body)?.[1];
    if (owner !== undefined) yield { trampoline, name: owner + place };
  }
}

/** The first words after a place in the code. */
const after = (text: string, pattern: RegExp): string | undefined => pattern.exec(text)?.[1];

/** What the host's function gets: the memory of the guest, its allocator, and its tables of resources. */
function guestOf(definition: string): string {
  const memory = after(definition, /getMemoryFn: \(\) => (memory\d+),/);
  const realloc = after(definition, /getReallocFn: \(\) => (realloc\d+),/);
  const tables = [
    after(definition, /paramLiftFns: \[_liftFlatBorrow\.bind\(null, (\d+)\)/),
    after(definition, /_lowerFlatOwn\(\{\n\s*componentIdx: \d+,\n\s*tableIdx: (\d+),/),
  ];
  const parts = [
    memory && `memory: ${memory}`,
    realloc && `realloc: ${realloc}`,
    `resourceTables: [${tables.flatMap((table) => (table ? [`handleTable${table}`] : [])).join(', ')}]`,
  ];
  return `{ ${parts.filter(Boolean).join(', ')} }`;
}

/** Where trampolines are given to a core module: after all definitions. */
const GIVEN = /(^\s+'?\w+'?: (?:Object\.assign\()?(?:_guardMayLeave\(\d+, )?)trampoline(\d+)\b/gm;

/** The translation in which a guest calls the host's lowerings of the contract, where it calls it. */
export function addLowered(code: string): string {
  const lowered = new Map<string, string>();
  for (const { trampoline, name } of functionsOf(code)) {
    const start = code.indexOf(`let trampoline${trampoline} = `);
    const end = code.indexOf(`importFn: _trampoline${trampoline},`, start);
    if (start < 0 || end < 0) continue;
    const guest = guestOf(code.slice(start, end));
    lowered.set(trampoline, `(${name}[Symbol.for('cabiLower')]?.(${guest}) ?? trampoline${trampoline})`);
  }
  return code.replace(GIVEN, (all, before: string, number: string) => {
    const call = lowered.get(number);
    return call === undefined ? all : before + call;
  });
}
