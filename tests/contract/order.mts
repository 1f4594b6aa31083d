/**
 * The numbers of the contract's enums and flags are their order in `wit/mmap.wit`. This finds every list of them in the
 * sources, in the notation of any language, and tells what differs.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface Enumeration {
  readonly name: string;
  /** In the order of the contract. */
  readonly cases: readonly string[];
  /** Of a case, by its place in the order. */
  readonly number: (index: number) => number;
}

/** A list that names every case of an enumeration. */
export interface List {
  readonly of: Enumeration;
  readonly items: readonly Item[];
  /** Where the list is in the text. */
  readonly start: number;
  readonly end: number;
}

interface Item {
  /** As written, or the case of the enumeration. */
  readonly name: string;
  /** All that is written of it. */
  readonly text: string;
  readonly number: number | undefined;
  /** Whether a name or a text stands beside it: then its place says nothing. */
  readonly hasValue: boolean;
  /** Its place in the list. */
  readonly index: number;
}

/** The enums and flags of an interface. */
export function enumerationsOf(wit: string): Enumeration[] {
  const text = wit.replaceAll(/\/\/.*/g, '');
  return [...text.matchAll(/\b(enum|flags) ([\w-]+) \{([^}]*)\}/g)].map(([, kind, name = '', body = '']) => ({
    name,
    cases: body.split(',').flatMap((word) => word.trim() || []),
    number: kind === 'flags' ? (index) => 2 ** index : (index) => index,
  }));
}

/** WMMAP_PAST_END, PastEnd and "past-end" are one name. */
const kebab = (name: string): string =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();

/** Systems have names of their own for a few: PROT_EXEC, MADV_WILLNEED. */
const SHORT: Readonly<Record<string, string>> = { exec: 'execute', willneed: 'will-need', dontneed: 'dont-need' };

/** Their numbers are POSIX's or CPython's. */
const FOREIGN = /^(MAP_|ACCESS_(READ|WRITE|COPY)$)/;

function caseOf(name: string, { cases }: Enumeration): string | undefined {
  if (FOREIGN.test(name)) return undefined;
  const word = kebab(name).replace(/[a-z]+$/, (last) => SHORT[last] ?? last);
  return cases.find((each) => word === each || word.endsWith(`-${each}`));
}

const NAME = String.raw`(?:\w+::)*["']?([A-Za-z][\w-]*)["']?`;
/** `name`, `name 1`, `name = 1`, `'name': 1`, `name: 'text'`, `("name", Path::Name)`, `{"NAME", 1}`. */
const ITEM = new RegExp(String.raw`^[({]?\s*${NAME}(?:\s*(?:=|:|,| )\s*(?:(\d+)|([\w:]+|(['"]).*\4)))?\s*[)}]?$`, 's');
/** `1 => Path::Name` and `_ => Path::Name`. */
const ARM = new RegExp(String.raw`^(?:(\d+)|_) => ${NAME}$`);

function toItem(text: string, index: number): Item | undefined {
  const [, name, number, value] = ITEM.exec(text) ?? [];
  const [, arm, path] = ARM.exec(text) ?? [];
  const found = number ?? arm;
  const word = name ?? path;
  if (word === undefined) return undefined;
  return { name: word, text, number: found ? Number(found) : undefined, hasValue: value !== undefined, index };
}

/** Comments become spaces, so that places stay. */
const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, (comment) => ' '.repeat(comment.length));

/** The parts between commas of what is in brackets, for each pair of brackets. */
function* groups(text: string): Generator<{ start: number; end: number; parts: string[] }> {
  const open: Array<{ start: number; cuts: number[] }> = [];
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    const quote = /^(["'])(?:\\.|(?!\1)[^\\\n])*\1/.exec(text.slice(at, at + 200));
    if (quote) at += quote[0].length - 1;
    else if ('{[('.includes(letter)) open.push({ start: at + 1, cuts: [] });
    else if (letter === ',') open.at(-1)?.cuts.push(at);
    else if ('}])'.includes(letter)) {
      const group = open.pop();
      if (!group) continue;
      const begins = [group.start, ...group.cuts.map((cut) => cut + 1)];
      const parts = begins.map((begin, index) => text.slice(begin, group.cuts[index] ?? at).trim());
      yield { start: group.start, end: at, parts: parts.filter(Boolean) };
    }
  }
  for (const { 0: lines, index } of text.matchAll(/(?:^#define \w+ \w+ *\n)+/gm)) {
    yield { start: index, end: index + lines.length, parts: lines.replaceAll('#define ', '').trim().split(/ *\n/) };
  }
}

/** Every list in a text of all cases of one of these enumerations. */
export function listsIn(text: string, enumerations: readonly Enumeration[]): List[] {
  const result: List[] = [];
  for (const { start, end, parts } of groups(withoutComments(text))) {
    const all = parts.flatMap((part, index) => toItem(part, index) ?? []);
    if (all.length < parts.length) continue; // Something other than a list of names.
    for (const of of enumerations) {
      const items = all.flatMap((item) => {
        const name = caseOf(item.name, of);
        return name === undefined ? [] : { ...item, name };
      });
      const names = new Set(items.map(({ name }) => name));
      // A list of most cases of a long enumeration lacks the others.
      const least = of.cases.length > 5 ? of.cases.length - 3 : of.cases.length;
      if (names.size >= least && names.size === items.length) result.push({ of, items, start, end });
    }
  }
  return result;
}

/** What is wrong with a list; undefined if nothing is. */
export function complaint({ of, items }: List): string | undefined {
  const names = items.map(({ name }) => name);
  if (names.join() !== of.cases.join()) return `${of.name} is ${of.cases.join(', ')}, not ${names.join(', ')}`;
  const [first] = items;
  // Flags have numbers wherever they stand. Success may stand before the errors.
  const before = of.name === 'protection' ? first?.index : of.name === 'error-code' && first?.index === 1 ? 1 : 0;
  const isBare = ({ number, hasValue }: Item): boolean => number === undefined && !hasValue;
  const moved = items.find((item, place) => isBare(item) && item.index !== place + (before ?? 0));
  if (moved) return `${of.name}: ${moved.text} is at ${moved.index}`;
  const shift = of.name === 'error-code' ? (first?.number ?? 0) : 0;
  const wrong = items.find(({ number }, place) => number !== undefined && number !== of.number(place) + shift);
  return wrong && `${of.name}: ${wrong.text}`;
}

const LANGUAGES = new Set(['.c', '.cpp', '.h', '.json', '.mts', '.py', '.rs', '.ts']);
/** What tools make. */
const MADE = new Set(['build', 'dist', 'node_modules', 'target']);

/** The files of a folder that people wrote, each once. */
export function* sourcesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !MADE.has(entry.name)) yield* sourcesIn(path);
    else if (entry.isFile() && LANGUAGES.has(extname(entry.name)) && realpathSync(path).endsWith(path)) yield path;
  }
}

export const read = (path: string): string => readFileSync(path, 'utf8');
