/** Guests in text that are fused, and those that are not: each of them maps the directory that it was started with. */
import { readFileSync } from 'node:fs';

/** One name for the memory: text would make another one at each place. */
const MEMORY = '(memory $bytes)';
const PREOPEN = readFileSync('tests/cli/guests/preopen.wat', 'utf8')
  .replaceAll('(memory (core memory $m "memory"))', MEMORY)
  .replace('  (core func $get', '  (alias core export $m "memory" (core memory $bytes))\n  (core func $get');

export interface Text {
  readonly text: string;
  /** Why it is composed; nothing if it is fused. */
  readonly reason?: string;
  /** The message of the command for a guest that fits neither form. */
  readonly refused?: RegExp;
  /** An import of it that no host has. It is not run. */
  readonly isForeign?: boolean;
}

/** The guest with other parts. Every one of them is there. */
function changed(...changes: Array<[string, string]>): string {
  let text = PREOPEN;
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** The guest with more before its first core module, or at its end. */
const CORE = '  (core module $memory\n';
const before = (more: string): [string, string] => [CORE, `${more}\n${CORE}`];
const LAST = '  (func $run (result (result))';
const after = (more: string): [string, string] => [LAST, `${more}\n${LAST}`];
const INSIDE = '    (func (export "run")';
const inside = (more: string): [string, string] => [INSIDE, `${more}\n${INSIDE}`];

const IMPORT = '(import "wasi:filesystem/types@0.2.12" (instance $types';

const HANDLES = 'a component inside of it takes descriptors or mappings';
/** The composed form has types of its own for them, which nobody outside knows. */
const EXPORTS = /does not fit the polyfill: func not valid to be used as export/;
const SEVERAL = 'it maps from several memories';

/** A function that the module exports, and the component too. */
const look = (type: string): Array<[string, string]> => [
  inside('(func (export "look") (param i32) nop)'),
  after(`(func (export "look") (param "it" (borrow ${type})) (canon lift (core func $i "look")))`),
];

/** A second module that reads: it has a realloc of its own for the same memory. */
const READS =
  '(export "[method]mapping.read" (func (param "self" (borrow $mapping)) (param "offset" u64) (param "length" u64) (result (result (list u8) (error $error)))))';
const LAST_OF_MAPPING = '    (export "mmap" (func';
const reallocs = changed(
  [LAST_OF_MAPPING, `    ${READS}\n${LAST_OF_MAPPING}`],
  [
    '  (core module $main',
    `  (core module $other
      (import "host" "memory" (memory 1))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 40000)))
    (core instance $o (instantiate $other (with "host" (instance $m))))
    (alias export $mapping "[method]mapping.read" (func $read))
    (core func $read1 (canon lower (func $read) ${MEMORY} (realloc (core func $m "realloc"))))
    (core func $read2 (canon lower (func $read) ${MEMORY} (realloc (core func $o "realloc"))))
  (core module $main
    (import "host" "read1" (func $read1 (param i32 i64 i64 i32)))
    (import "host" "read2" (func $read2 (param i32 i64 i64 i32)))`,
  ],
  [
    '(func (export "run") (result i32)\n',
    `(func (export "run") (result i32)
      ;; Memory: the lists lie where each of the functions says.
      (call $mmap (i32.const 0) (i32.const 0) (i64.const 64) (i32.const 1) (i64.const 0) (i32.const 16))
      (i32.store8 (i32.const 40000) (i32.const 7))
      (call $read2 (i32.load (i32.const 20)) (i64.const 0) (i64.const 8) (i32.const 32))
      (if (i32.ne (i32.load (i32.const 36)) (i32.const 40000)) (then unreachable))
      (if (i32.load8_u (i32.const 40000)) (then unreachable))
      (i32.store8 (i32.const 40000) (i32.const 7))
      (call $read1 (i32.load (i32.const 20)) (i64.const 0) (i64.const 8) (i32.const 32))
      (if (i32.eq (i32.load (i32.const 36)) (i32.const 40000)) (then unreachable))
      (if (i32.ne (i32.load8_u (i32.const 40000)) (i32.const 7)) (then unreachable))
`,
  ],
  [
    '(export "memory" (memory $m "memory")) (export "get"',
    '(export "memory" (memory $m "memory")) (export "read1" (func $read1)) (export "read2" (func $read2)) (export "get"',
  ],
);

/** The same, with many more. */
const manyReallocs = (count: number): string =>
  reallocs.replace(
    '  (core module $main',
    (main) =>
      Array.from(
        { length: count },
        (_, at) => `(alias core export $m "realloc" (core func $more${at}))
          (core func (canon lower (func $read) ${MEMORY} (realloc $more${at})))\n`,
      ).join('') + main,
  );

export const GUESTS: Record<string, Text> = {
  'functions of files: none': { text: PREOPEN },
  ...Object.fromEntries(
    Array.from({ length: 13 }, (_, minor) => [`WASI 0.2.${minor}`, { text: changed(['@0.2.12', `@0.2.${minor}`]) }]),
  ),
  'strings in UTF-16': {
    text: changed([MEMORY, `string-encoding=utf16 ${MEMORY}`]),
  },
  'the interface span': {
    text: changed(
      before(`(import "wasi-mmap:mmap/span@0.2.0" (instance $span
        (export "granularity" (func (result (option u32))))))`),
      [
        '  (core module $main',
        `  (core func $granularity (canon lower (func $span "granularity") ${MEMORY}))
  (core module $main
    (import "host" "granularity" (func $granularity (param i32)))`,
      ],
      ['(export "get" (func $get))', '(export "get" (func $get)) (export "granularity" (func $granularity))'],
      [
        '(func (export "run") (result i32)\n',
        `(func (export "run") (result i32)
          (call $granularity (i32.const 32))
          (if (i32.load8_u (i32.const 32)) (then unreachable))\n`,
      ],
    ),
  },
  'a memory by another name': {
    text: changed(
      [
        '  (core func $get (canon',
        '  (core instance $again (export "other" (memory $m "memory")))\n  (core func $get (canon',
      ],
      [`(func $mapping "mmap") ${MEMORY}`, '(func $mapping "mmap") (memory (core memory $again "other"))'],
    ),
  },
  'several reallocs': { text: reallocs },
  'a descriptor that is dropped before there is a memory': {
    text: changed(
      [CORE, `  (core func $drop (canon resource.drop $descriptor))\n${CORE}`],
      ['  (core module $main', '  (core module $main (import "host" "drop" (func $drop (param i32)))'],
      ['(export "get" (func $get))', '(export "get" (func $get)) (export "drop" (func $drop))'],
      [
        '(call $mmap (i32.const 1)',
        `(call $mmap (i32.const 0) (i32.const 0) (i64.const 9) (i32.const 0) (i64.const 0) (i32.const 16))
      (if (i32.load8_u (i32.const 16)) (then unreachable))
      (call $mmap (i32.const 1)`,
      ],
    ),
  },
  'components in it without handles': {
    text: changed(
      after(`(component $inner (import "f" (func $f)) (export "g" (func $f)))
        (func $nothing (canon lift (core func $i "nothing")))
        (instance $n (instantiate $inner (with "f" (func $nothing))))
        (export "nothing" (func $n "g"))`),
      inside('(func (export "nothing") nop)'),
    ),
  },
  'the mapping, given to a component in it': {
    reason: HANDLES,
    text: changed(
      after(`(component $inner (import "m" (instance (export "mapping" (type (sub resource))))))
        (instance (instantiate $inner (with "m" (instance $mapping))))`),
    ),
  },
  'the type of descriptors, given to a component in it': {
    reason: HANDLES,
    text: changed(
      after(`(component $inner (import "t" (type (sub resource))))
        (instance (instantiate $inner (with "t" (type $descriptor))))`),
    ),
  },
  'an export with descriptors': { refused: EXPORTS, text: changed(...look('$descriptor')) },
  'an export with mappings': {
    refused: EXPORTS,
    text: changed(before('(alias export $mapping "mapping" (type $mapped))'), ...look('$mapped')),
  },
  'descriptors, lent to another import': {
    text: changed(before('(import "taker" (func (param "it" (borrow $descriptor))))')),
    isForeign: true,
  },
  'descriptors, given away': {
    refused: /gives descriptors away to taker, so a mapping cannot keep the file of one/,
    text: changed(before('(import "taker" (func (param "list" (list (own $descriptor)))))')),
  },
  'several versions of files': {
    reason: 'it imports several versions of wasi:filesystem',
    text: changed([
      IMPORT,
      `(import "wasi:filesystem/types@0.2.6" (instance $older (export "descriptor" (type (sub resource)))))
      ${IMPORT}`,
    ]),
  },
  '100 reallocs': { text: manyReallocs(98) },
  '1000 reallocs': { reason: 'it allocates by more than 100 functions', text: manyReallocs(1000) },
  'several memories': {
    reason: SEVERAL,
    text: changed(
      before('(core module $second (memory (export "memory") 1)) (core instance $s (instantiate $second))'),
      [
        '  (core module $main',
        '  (core func (canon lower (func $mapping "mmap") (memory (core memory $s "memory"))))\n  (core module $main',
      ],
    ),
  },
};
