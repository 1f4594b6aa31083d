/** Names that no program would choose: code, where a name is put into JavaScript without care. */
import type { Random } from './random.mjs';

/** Ends the host with a code of its own, and leaves a file behind: either tells that code of a component ran there. */
const CODE = "(globalThis.process.getBuiltinModule('fs').writeFileSync('escaped',''),globalThis.process.exit(77))";

/** What may come before code and after it, so that it is code whatever it stands in. */
const FRAMES: ReadonlyArray<readonly [string, string]> = [
  ["'+", "+'"],
  ['"+', '+"'],
  ['${', '}'],
  ['`+', '+`'],
  ["',x:", ",y:'"],
  ["'],", ",['"],
  ["']:0},", ",{['"],
  ["']:0,[", "]:{},['"],
  ["':{},[", "]:{},'"],
  ["');", ";('"],
  ["';", ";'"],
  ['";', ';"'],
  ['*/', '/*'],
  ['\n', '\n//'],
  ['\r', '//'],
  ['\u2028', '\u2028//'],
  ['*/\n', '\n/*'],
  ["\\'+", "+'//"],
  ["\\\\'+", "+'//"],
  ['){}', ';('],
  ['=', ';//'],
  ['{', '}'],
  ['(', ')'],
  ['.', ''],
  ['[', ']'],
  ['', ''],
  ['*/}', '{/*'],
  ['}', '{'],
  ['-->\n', ''],
  ["'}from'data:text/javascript,", "';//"],
  ["' with{type:'json'};", ';//'],
];

/** Names that mean something to JavaScript, to Node, or to what jco writes. */
const WORDS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
  'default',
  'await',
  'async',
  'eval',
  'arguments',
  'import',
  'import.meta',
  'yield',
  'let',
  'static',
  'new.target',
  'globalThis',
  'process',
  'require',
  'module',
  'exports',
  'Symbol',
  'Object',
  'Function',
  'WebAssembly',
  'Reflect',
  'imports',
  'exports0',
  'module0',
  'trampoline0',
  'instantiateCore',
  'getCoreModule',
  'realloc0',
  'memory0',
  'result',
  'handleTable0',
  'ComponentError',
  'utf8Encoder',
  'dataView',
  'base64Compile',
  '_debugLog',
  'symbolDispose',
  'ret',
  '',
  ' ',
  '0',
  '-1',
  '1e9',
  'a-',
  '-a',
  'A',
  'a--b',
  'ä',
  '\ud83d\ude00',
  '\0',
  '\u001b[2J',
  '\u202e',
  '\u00a0',
  '\ufeff',
  '..',
  '../../escaped',
  '/etc/passwd',
  'file:///etc/passwd',
  'node:fs',
  'data:text/javascript,process.exit(77)',
  '\\',
  "\\'",
  '\\u0027',
  '\\x27',
  '%27',
  '&#39;',
  '"',
  "'",
  '`',
  '$',
  '${',
  '}',
  '#',
  '#x',
  '//',
  '/*',
  '*/',
  '<!--',
];

/** Code without quotes, for whoever thinks that these are what it takes. */
const PLAIN_CODE = '(globalThis.process.exit(77))';
const PLAIN_FRAMES = ['+', ';', ',', '){}', '=>', ']', '}', '//', '(', ': '] as const;

/** A name that holds nothing which ends a string, a comment or a line: it is refused by few. */
export function quietName(random: Random): string {
  const word = random.pick(WORDS.filter((candidate) => /^[\w .:/@-]+$/.test(candidate)));
  return random.pick([
    word,
    `${word}.${word}`,
    `${word}${random.pick(PLAIN_FRAMES)}${PLAIN_CODE}${random.pick(PLAIN_FRAMES)}`,
  ]);
}

export function hostileName(random: Random): string {
  const [before, after] = random.pick(FRAMES);
  switch (random.below(8)) {
    case 0:
      return random.pick(WORDS);
    case 1:
      return random.pick(WORDS) + random.pick(WORDS);
    case 2:
      return before + random.pick(WORDS) + after;
    case 3:
      return `a${before}${CODE}${after}b`.repeat(2);
    case 4:
      return `${'x'.repeat(random.pick([1, 60, 250, 5000]))}${before}${CODE}${after}`;
    default:
      return before + CODE + after;
  }
}
