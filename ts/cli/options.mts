/** The arguments of the command `wasi-mmap`. */

// oxlint-disable-next-line no-control-regex -- these must not reach a terminal
const UNPRINTABLE = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A text without control characters, except for line ends: names of a component can be in it. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}

/** The command was called in a wrong way. The message is all that a user needs. */
export class UsageError extends Error {
  /** Whether the help would help. */
  readonly showHelp: boolean;

  constructor(message: string, showHelp = true) {
    super(printable(message.trim().replace(/\s*\n\s*/g, ' ')));
    this.showHelp = showHelp;
  }
}

/** The optional packages that running components needs are missing. */
export function missingPackages(): UsageError {
  const packages = '@bytecodealliance/jco-transpile@0.15 @bytecodealliance/preview2-shim@0.26';
  return new UsageError(`running components needs jco: npm install ${packages}`, false);
}

/** A directory that the component may access. */
export interface Grant {
  readonly host: string;
  readonly guest: string;
  readonly readOnly: boolean;
}

export interface RunOptions {
  readonly component: string;
  readonly arguments: string[];
  readonly grants: Grant[];
  readonly environment: Record<string, string>;
  readonly native: boolean;
  /** In bytes; see `Limits.privateMemory` of the host. */
  readonly maxPrivateMemory?: number;
  readonly stats: Stats;
}

/** Where the figures of a run go. */
export interface Stats {
  /** As lines for people, to standard error. */
  readonly shown: boolean;
  /** As JSON, to this path, or `-` for standard output. */
  readonly json?: string;
}

function toGrant(value: string, readOnly: boolean, isWindows: boolean): Grant {
  // No path has a quotation mark. It comes from "C:\folder\", where the backslash takes the mark into the value.
  if (isWindows && value.includes('"')) {
    throw new UsageError(`no backslash may stand before a closing quotation mark: ${value}`, false);
  }
  const at = value.lastIndexOf('::');
  // Guests separate paths by slashes only.
  const [host, guest] =
    at < 0
      ? [value, isWindows ? value.replaceAll('\\', '/') : value]
      : [value.slice(0, at), value.slice(at + '::'.length)];
  if (host === '' || guest === '') throw new UsageError(`not HOST::GUEST: ${value}`);
  return { host, guest, readOnly };
}

/** The options of "run" with a value. */
const OPTIONS = new Set(['--dir', '--dir-ro', '--env', '--max-private-memory', '--stats-json']);

/** Parses a size: bytes, or a number with K, M or G for a power of 1024. */
function toSize(value: string): number {
  const [, digits = '', unit = ''] = /^([0-9]+)([KMG]?)$/i.exec(value) ?? [];
  const size = Number(digits) * 1024 ** ' KMG'.indexOf(unit.toUpperCase() || ' ');
  if (digits === '' || !Number.isSafeInteger(size)) throw new UsageError(`not a size, such as 512M: ${value}`);
  return size;
}

/**
 * Parses options up to the component. The arguments that follow it belong to the component.
 *
 * @param isWindows whether paths are written as on Windows
 */
export function parseRun(
  words: readonly string[],
  ownEnvironment: NodeJS.ProcessEnv,
  isWindows = process.platform === 'win32',
): RunOptions {
  const grants: Grant[] = [];
  const environment: Record<string, string> = {};
  let native = true;
  const stats: { shown: boolean; json?: string } = { shown: false };
  let maxPrivateMemory: number | undefined;
  let at = 0;
  for (; at < words.length; at += 1) {
    const word = words[at] as string;
    if (word === '--') {
      at += 1;
      break;
    }
    if (!word.startsWith('-')) break;
    if (word === '--no-native') {
      native = false;
      continue;
    }
    if (word === '--stats') {
      stats.shown = true;
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (!OPTIONS.has(name)) throw new UsageError(`unknown option: ${word}`);
    const value = equals < 0 ? words[(at += 1)] : word.slice(equals + 1);
    if (value === undefined) throw new UsageError(`${name} needs a value`);
    if (name === '--env') {
      const [variable, given] = split(value);
      if (variable === '') throw new UsageError(`not NAME=VALUE: ${value}`);
      const set = given ?? ownEnvironment[variable];
      if (set !== undefined) environment[variable] = set;
    } else if (name === '--max-private-memory') {
      maxPrivateMemory = toSize(value);
    } else if (name === '--stats-json') {
      if (value === '') throw new UsageError(`${name} needs a value`);
      stats.json = value;
    } else {
      grants.push(toGrant(value, name === '--dir-ro', isWindows));
    }
  }
  const [component, ...rest] = words.slice(at);
  if (component === undefined) throw new UsageError('no component to run');
  if (!native && (stats.shown || stats.json !== undefined)) {
    throw new UsageError('figures are those of the native mapping: none with --no-native');
  }
  const limits = maxPrivateMemory === undefined ? {} : { maxPrivateMemory };
  return { component, arguments: rest, grants, environment, native, stats, ...limits };
}

export interface PlugOptions {
  readonly component: string;
  /** A path, or `-` for standard output. */
  readonly output: string;
  /** Whether the polyfill stays a component of its own. */
  readonly compose: boolean;
  readonly explain: boolean;
}

/** Parses options and the component, in any order. */
export function parsePlug(words: readonly string[]): PlugOptions {
  const components: string[] = [];
  let output: string | undefined;
  const flags = { compose: false, explain: false };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as string;
    if (word === '--') {
      components.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith('-')) {
      components.push(word);
      continue;
    }
    if (word === '--compose' || word === '--explain') {
      flags[word === '--compose' ? 'compose' : 'explain'] = true;
      continue;
    }
    const [name, given] = word.startsWith('--') ? split(word) : [word];
    if (name !== '-o' && name !== '--output') throw new UsageError(`unknown option: ${word}`);
    output = given ?? words[(at += 1)];
    if (output === undefined) throw new UsageError(`${name} needs a value`);
  }
  const component = only('plug', components);
  if (!output) throw new UsageError('no output: say where to with -o');
  return { component, output, ...flags };
}

export interface InspectOptions {
  readonly component: string;
  readonly json: boolean;
}

/** Parses options and the component, in any order. */
export function parseInspect(words: readonly string[]): InspectOptions {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const options = words.slice(0, end).filter((word) => word.startsWith('-'));
  const unknown = options.find((word) => word !== '--json');
  if (unknown !== undefined) throw new UsageError(`unknown option: ${unknown}`);
  const components = words.filter((word, at) => at > end || (at < end && !word.startsWith('-')));
  return { component: only('inspect', components), json: options.length > 0 };
}

/** The one component of a verb. */
function only(verb: string, components: readonly string[]): string {
  const [component, ...more] = components;
  if (component === undefined) throw new UsageError(`no component to ${verb}`);
  if (more.length > 0) throw new UsageError(`more than one component: ${components.join(' ')}`);
  return component;
}

function split(pair: string): [string, string?] {
  const at = pair.indexOf('=');
  return at < 0 ? [pair] : [pair.slice(0, at), pair.slice(at + 1)];
}
