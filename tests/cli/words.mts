/**
 * The words of what jco makes of components. As a program, it prints ts/cli/vocabulary.mts anew, or with `0.3` as the first
 * argument ts/cli/vocabulary-p3.mts, which has no word of the former:
 *
 *     node build/tests/cli/words.mjs build/translations/*.js >ts/cli/vocabulary.mts
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parse } from 'acorn';
import { describeComputed, describeKey, normalize, places } from '#prove';
import * as vocabulary from '#vocabulary';

export const KINDS = ['NODES', 'NAMES', 'PROPERTIES', 'PRIVATES', 'KEYS', 'COMPUTED'] as const;
export type Words = Record<(typeof KINDS)[number], Set<string>>;

export const noWords = (): Words => ({
  NODES: new Set(),
  NAMES: new Set(),
  PROPERTIES: new Set(),
  PRIVATES: new Set(),
  KEYS: new Set(),
  COMPUTED: new Set(),
});

export function collect(text: string, words: Words): void {
  for (const { node, role } of places(parse(text, { ecmaVersion: 2024, sourceType: 'module' }))) {
    words.NODES.add(node.type);
    if (node.type === 'Identifier') {
      if (role === 'property') words.PROPERTIES.add(normalize(node.name));
      if (role === 'name') words.NAMES.add(normalize(node.name));
    }
    if (node.type === 'PrivateIdentifier') words.PRIVATES.add(normalize(node.name));
    if (node.type === 'MemberExpression' && node.computed) words.COMPUTED.add(describeComputed(node, text));
    if (node.type === 'Property' || node.type === 'MethodDefinition' || node.type === 'PropertyDefinition') {
      const key = describeKey(node, text);
      if (key !== undefined) words.KEYS.add(key);
    }
  }
}

const WIDTH = 118;

function wrap(words: string[]): string {
  const lines = [''];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    if (last.length + word.length < WIDTH) lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `  ${line}`).join('\n');
}

const DOCUMENTATION: Record<(typeof KINDS)[number], string> = {
  NODES: 'Kinds of syntax, as ESTree names them.',
  NAMES: 'Variables, functions, classes and labels, and the globals of JavaScript among them.',
  PROPERTIES: 'Properties and methods that are written as plain words.',
  PRIVATES: 'Private members of classes.',
  KEYS: 'Other keys of properties, each in a line.',
  COMPUTED: 'Computed accesses, each in a line: what has the property, and its key.',
};

const TITLES = {
  '0.2':
    'The words of what jco-transpile 0.15 makes of sealed components, with `#` for numbers. `tests/cli/words.mts` writes it.',
  '0.3': 'The words that components of WASI 0.3 have beside those in vocabulary.mts. `tests/cli/words.mts` writes it.',
};

/** Without the words of another vocabulary. */
export function without(words: Words, known: Readonly<Record<keyof Words, ReadonlySet<string>>>): Words {
  const left = noWords();
  for (const kind of KINDS) left[kind] = new Set([...words[kind]].filter((word) => !known[kind].has(word)));
  return left;
}

export function print(words: Words, generation: keyof typeof TITLES = '0.2'): string {
  const parts = KINDS.map((kind) => {
    const sorted = [...words[kind]].sort();
    const lines = kind === 'KEYS' || kind === 'COMPUTED';
    const text = lines ? sorted.map((word) => `  ${word}`).join('\n') : wrap(sorted);
    const split = lines ? '/\\n {2}/' : '/\\s+/';
    return `/** ${DOCUMENTATION[kind]} */\nexport const ${kind} = words(\n  ${split},\n  String.raw\`\n${text}\n\`,\n);\n`;
  });
  return [
    '/**',
    ` * ${TITLES[generation]}`,
    ' */',
    'const words = (separator: RegExp, text: string): ReadonlySet<string> =>',
    '  new Set(text.trimEnd().split(separator).slice(1));',
    '',
    parts.join('\n'),
  ].join('\n');
}

if (process.argv[1] !== undefined && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const [first = '', ...rest] = process.argv.slice(2);
  const isLater = first === '0.3';
  const words = noWords();
  for (const file of isLater ? rest : [first, ...rest]) collect(readFileSync(file, 'utf8'), words);
  process.stdout.write(isLater ? print(without(words, vocabulary), '0.3') : print(words));
}
