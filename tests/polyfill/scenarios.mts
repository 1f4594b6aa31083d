/** The scenarios of canonical.test.mts: instructions for canonical.wat, and how they end. */
import * as assert from 'uvu/assert';
import type { End } from '../host/scenarios.mjs';

export interface Scenario {
  /** Instructions that leave a number. They have the locals $i, $n and $other. */
  readonly text: string;
  readonly end: End | (() => End);
  /** Ends that differ, each with the reason beside it in the table. */
  readonly fused?: End;
  readonly composed?: End;
  readonly node?: End;
}

/** What `realloc` calls by its number in the table becomes this. */
export const CALLED_PREFIX = 'CALLED';

const [NO_MEMORY, OUT_OF_RANGE, FAULT, ACCESS_DENIED, READ_ONLY] = [11, 7, 10, 1, 6];
const [MIB, KIB] = [1 << 20, 1024];
const PAGE = 4096;

const all: Record<string, Scenario> = {};
export const SCENARIOS: Readonly<Record<string, Scenario>> = all;

function scenarios(
  end: Scenario['end'],
  texts: Record<string, string>,
  different: Omit<Scenario, 'text' | 'end'> = {},
): void {
  for (const [name, text] of Object.entries(texts)) {
    assert.not(name in all, name);
    all[name] = { text, end, ...different };
  }
}

const F = '(global.get $f)';
const M = '(global.get $m)';
const END = '(global.get $end)';
const R = '(i32.const 256)';
const i32 = (value: number): string => `(i32.const ${value})`;
const i64 = (value: number | bigint): string => `(i64.const ${value})`;
const fromEnd = (bytes: number): string => `(i32.sub ${END} ${i32(bytes)})`;
/** Calls, and leaves 0. */
const ok = (call: string): string => `${call} ${i32(0)}`;
const mode = (name: string, more = ''): string => `(global.set $mode (global.get $${name})) ${more}`;

const mmap = (tag: number, file: string, access = 0, result = R, length = 0): string =>
  `(call $mmap ${i32(tag)} ${file} ${i64(length)} ${i32(access)} ${i64(0)} ${result})`;
const posix = (sharing: number, protection: number, length = 0): string =>
  `(call $mmap-posix ${i32(1)} ${F} ${i64(length)} ${i32(sharing)} ${i32(protection)} ${i64(0)} ${R})`;
const read = (offset: number, length: number, map = M, result = R): string =>
  `(call $read ${map} ${i64(offset)} ${i64(length)} ${result})`;
const write = (address: string, length: number, map = M, result = R): string =>
  `(call $write ${map} ${i64(0)} ${address} ${i32(length)} ${result})`;
const find = (name: string, address: string, length: number, map = M, result = R): string =>
  `(call $${name} ${map} ${address} ${i32(length)} ${i64(0)} ${i64(9)} ${result})`;
const advise = (advice: number, map = M): string => `(call $advise ${map} ${i64(0)} ${i64(1)} ${i32(advice)} ${R})`;

const large = (access: number): string =>
  `(global.set $m (call $map (call $open ${i32(1032)} ${i32(5)}) ${i32(access)}))`;
const must = (call: string): string => `(if ${call} (then unreachable))`;

/** Every function that takes a mapping. */
const uses = (map: string): Record<string, string> => ({
  length: `(drop (call $length ${map}))`,
  access: `(drop (call $access ${map}))`,
  'file-size': `(call $file-size ${map} ${R})`,
  read: read(0, 1, map),
  write: write(R, 1, map),
  move: `(call $move ${map} ${i64(0)} ${i64(0)} ${i64(0)} ${R})`,
  find: find('find', R, 1, map),
  rfind: find('rfind', R, 1, map),
  flush: `(call $flush ${map} ${i64(0)} ${i64(0)} ${R})`,
  resize: `(call $resize ${map} ${i64(1)} ${R})`,
  advise: advise(0, map),
  attach: `(call $attach ${map} ${i64(0)} ${i32(0)} ${i32(65536)} ${R})`,
});

const named = (name: string, texts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [`${name}: ${key}`, text]));

scenarios('trap', {
  ...Object.fromEntries(
    [3, 255, 256, -1, -0x80000000].map((number) => [`access ${number}`, ok(mmap(0, i32(0), number, R, 10))]),
  ),
  ...Object.fromEntries([5, 256, -1].map((number) => [`advice ${number}`, ok(advise(number))])),
  ...Object.fromEntries([2, 256, -1].map((number) => [`sharing ${number}`, ok(posix(number, 1))])),
  ...Object.fromEntries([2, 256, -1].map((number) => [`an option of kind ${number}`, ok(mmap(number, F))])),
});

scenarios(0, {
  'the handle of no option': `${mmap(0, i32(12345), 0, R, 10)} (call $status ${i32(4)})`,
  // The access of a mapping with only the right to read is 0.
  'unknown flags, to read': `${posix(0, ~7 | 1)} (i32.or (call $status ${i32(4)}) (call $access (i32.load ${i32(260)})))`,
  'unknown flags, to write': `${posix(0, ~7 | 3)}
    (i32.or (call $status ${i32(4)}) (i32.ne (call $access (i32.load ${i32(260)})) ${i32(1)}))`,
  'flags alone that are unknown': `${posix(0, ~7, 10)} (call $status ${i32(4)})`,
});

scenarios('trap', {
  ...named('no handle, 0', Object.fromEntries(Object.entries(uses(i32(0))).map(([key, text]) => [key, ok(text)]))),
  ...named(
    'the handle of a file',
    Object.fromEntries(
      Object.entries(uses('(local.get $other)')).map(([key, text]) => [
        key,
        // jco has a table for each type: the number may stand for a mapping there. So there is none.
        `(local.set $other ${F}) (call $drop ${M}) ${ok(text)}`,
      ]),
    ),
  ),
  ...named(
    'dropped',
    Object.fromEntries(Object.entries(uses(M)).map(([key, text]) => [key, `(call $drop ${M}) ${ok(text)}`])),
  ),
  'a mapping, dropped twice': `(call $drop ${M}) ${ok(`(call $drop ${M})`)}`,
  'a file, dropped twice': `(call $drop ${M}) (call $drop-file ${F}) ${ok(`(call $drop-file ${F})`)}`,
  'a file that a mapping keeps, dropped twice': `(call $drop-file ${F}) ${ok(`(call $drop-file ${F})`)}`,
  'a file that was dropped and that a mapping keeps, mapped': `(call $drop-file ${F}) ${ok(mmap(1, F))}`,
  'a file that was dropped, mapped': `(call $drop ${M}) (call $drop-file ${F}) ${ok(mmap(1, F))}`,
  'a file that the last of two mappings kept, mapped': `(local.set $other (call $map ${F} ${i32(0)})) (call $drop-file ${F})
    (call $drop ${M}) (call $drop (local.get $other)) ${ok(mmap(1, F))}`,
  'a file that a mapping kept, read': `(call $drop-file ${F}) (call $drop ${M})
    ${ok(`(call $read-file ${F} ${i64(1)} ${i64(0)} ${R})`)}`,
});

// jco has a table for each type, where this is the number of the directory.
scenarios(
  'trap',
  {
    'a mapping for a file': `(call $drop-file ${F}) (local.set $other ${M}) ${mmap(1, '(local.get $other)')} ${i32(0)}`,
  },
  { node: 0 },
);

// The handle is the guest's, and so is the file: what the guest reaches by it, it had.
scenarios(
  'trap',
  {
    'a file that was dropped and that a mapping keeps, read': `(call $drop-file ${F})
      (call $read-file ${F} ${i64(1)} ${i64(0)} ${R}) (call $status ${i32(4)})`,
  },
  { fused: 0, node: 0 },
);

/** The functions with a result in memory: its size, its alignment, and where the error is. */
const RESULTS: Array<[string, (result: string) => string, number, number]> = [
  ['mmap', (result) => mmap(1, F, 0, result), 8, 4],
  ['read', (result) => read(0, 4, M, result), 12, 4],
  ['write', (result) => write(i32(64), 1, M, result), 2, 1],
  ['file-size', (result) => `(call $file-size ${M} ${result})`, 16, 8],
  ['find', (result) => find('find', i32(64), 1, M, result), 24, 8],
  ['granularity', (result) => `(call $granularity ${result})`, 8, 4],
  ['attach', (result) => `(call $attach ${M} ${i64(0)} ${i32(0)} ${i32(65536)} ${result})`, 8, 4],
];
for (const [name, call, size, align] of RESULTS) {
  scenarios('trap', {
    [`${name}: a result outside`]: ok(call(i32(-8))),
    [`${name}: a result at the end`]: ok(call(END)),
    [`${name}: a result across the end`]: ok(call(fromEnd(size - align))),
    ...(align > 1 ? { [`${name}: a misaligned result`]: ok(call(i32(256 + align / 2))) } : {}),
  });
  scenarios(0, {
    // What comes before the result stays.
    [`${name}: a result in the last bytes`]: `(i32.store8 ${fromEnd(size + 1)} ${i32(77)}) ${call(fromEnd(size))}
      (i32.or (i32.ne (i32.load8_u ${fromEnd(size + 1)}) ${i32(77)})
        (i32.ne (i32.load8_u ${fromEnd(size)}) ${i32(name === 'attach' ? 1 : 0)}))`,
    ...(align === 1 ? { [`${name}: a result at an odd place`]: `${call(i32(257))} (i32.load8_u ${i32(257)})` } : {}),
  });
}

const LISTS: Record<string, (address: string, length: number) => string> = {
  write: (address, length) => write(address, length),
  find: (address, length) => find('find', address, length),
  rfind: (address, length) => find('rfind', address, length),
  attach: (address, length) => `(call $attach ${M} ${i64(0)} ${address} ${i32(length)} ${R})`,
};
for (const [name, call] of Object.entries(LISTS)) {
  scenarios('trap', {
    [`${name}: a list across the end`]: ok(call(fromEnd(1), 2)),
    [`${name}: a list at the end`]: ok(call(END, 1)),
    [`${name}: a list outside`]: ok(call(i32(-4), 4)),
    [`${name}: a list across the end of all addresses`]: ok(call(i32(-4), 8)),
    [`${name}: a list longer than memory`]: ok(call(i32(4), -1)),
    [`${name}: an empty list past the end`]: ok(call(`(i32.add ${END} ${i32(1)})`, 0)),
    [`${name}: an empty list outside`]: ok(call(i32(-1), 0)),
  });
  scenarios(0, {
    [`${name}: the last byte`]: ok(call(fromEnd(1), 1)),
    [`${name}: an empty list at the end`]: ok(call(END, 0)),
  });
}

/** Functions that `realloc` calls, by their numbers in the table. */
const CALLED: Record<string, string> = {
  'reads the mapping': `(drop (call $read-at ${i64(0)} ${i64(1)}))`,
  'writes the mapping': `(drop (call $write-at ${i64(0)} ${i32(0)} ${i32(1)}))`,
  'asks for the length': `(drop (call $length ${M}))`,
  'searches the mapping': find('find', R, 1),
  'shrinks the mapping': `(call $resize ${M} ${i64(1)} ${R})`,
  'drops the mapping': `(call $drop ${M})`,
  'drops the file': `(call $drop-file ${F})`,
  'maps the file': mmap(1, F),
  'asks for spans': `(call $granularity ${R})`,
};
/** The texts of the functions that `realloc` calls. */
export const called: string[] = [];
for (const [what, text] of Object.entries(CALLED)) {
  scenarios('trap', {
    [`a realloc that ${what}`]: `${mode('calls')} (global.set $called (i32.const CALLED${called.length})) ${ok(read(0, 64))}`,
  });
  called.push(ok(text));
}
// No call of the engine: the guest calls itself. It could change its file before, too.
scenarios(
  'trap',
  {
    'a realloc that truncates the file': `${mode('calls')} (global.set $called (i32.const CALLED${called.length}))
      ${read(0, 64)} (call $status ${i32(4)})`,
  },
  { fused: FAULT, node: FAULT },
);
called.push(ok(`(call $set-size ${F} ${i64(0)} ${R})`));

scenarios('trap', {
  'a realloc that returns an address outside': `${mode('outside')} ${ok(read(0, 64))}`,
  'a realloc whose list crosses the end': `${mode('fixed', `(global.set $place ${fromEnd(63)})`)} ${ok(read(0, 64))}`,
});
// An allocator has no memory at 0; only the fused form can tell.
scenarios(
  0,
  { 'a realloc that returns 0': `${mode('nowhere')} (call $read-at ${i64(0)} ${i64(64)})` },
  { fused: NO_MEMORY, node: NO_MEMORY },
);
scenarios(0, {
  'a realloc that returns 0, and then memory': `${mode('nowhere')} (drop (call $read-at ${i64(0)} ${i64(64)})) ${mode('honest')}
    (i32.or (call $read-at ${i64(0)} ${i64(64)})
      (i32.eqz (call $is-right (i32.load ${i32(260)}) ${i32(64)} ${i32(0)})))`,
  'a realloc that grows the memory': `${mode('grows')} (i32.or (call $read-at ${i64(5)} ${i64(1000)})
      (i32.eqz (call $is-right (i32.load ${i32(260)}) ${i32(1000)} ${i32(5)})))`,
  ...Object.fromEntries(
    [1, 7, 8, 15, 16, 17].flatMap((place) => [
      [
        `a realloc that returns ${place}`,
        `${mode('fixed', `(global.set $place ${i32(place)})`)} (i32.or (call $read-at ${i64(3)} ${i64(64)})
          (i32.eqz (call $is-right ${i32(place)} ${i32(64)} ${i32(3)})))`,
      ],
    ]),
  ),
  'a list in the last byte': `${mode('fixed', `(global.set $place ${fromEnd(1)})`)} (i32.or (call $read-at ${i64(3)} ${i64(1)})
    (i32.ne (i32.load8_u ${fromEnd(1)}) ${i32(3)}))`,
  // The result is stored last.
  'a list at the place of the result': `${mode('fixed', `(global.set $place ${R})`)} (i32.or (call $read-at ${i64(0)} ${i64(64)})
    (i32.or (i32.ne (i32.load ${i32(260)}) ${R}) (i32.eqz (call $is-right ${i32(268)} ${i32(52)} ${i32(12)}))))`,
  'a needle in the first bytes': `(i32.store ${i32(0)} ${i32(0x06050403)})
    (call $find ${M} ${i32(0)} ${i32(4)} ${i64(0)} ${i64(-1)} ${R})
    (i32.or (call $status ${i32(8)}) (i64.ne (i64.load ${i32(272)}) ${i64(3)}))`,
  'bytes to write in the first bytes': `(i32.store ${i32(0)} ${i32(0x06050403)}) (drop (call $write-at ${i64(0)} ${i32(0)} ${i32(4)}))
    (drop (call $read-at ${i64(0)} ${i64(4)}))
    (i32.or (i32.ne (i32.load ${i32(0)}) ${i32(0x06050403)}) (i32.ne (i32.load (i32.load ${i32(260)})) ${i32(0x06050403)}))`,
  'all memory, written': `(i32.store ${i32(0)} ${i32(0x06050403)}) (i32.store8 ${fromEnd(1)} ${i32(9)})
    (local.set $n (i32.wrap_i64 (i64.const ${64 * KIB})))
    (if (call $write-at ${i64(0)} (i32.const 0) (local.get $n)) (then unreachable))
    (if (call $write-at ${i64(0)} (i32.sub ${END} (local.get $n)) (local.get $n)) (then unreachable))
    (drop (call $read-at ${i64(64 * KIB - 1)} ${i64(1)}))
    (i32.or (i32.ne (i32.load8_u ${fromEnd(1)}) ${i32(9)}) (i32.ne (i32.load8_u (i32.load ${i32(260)})) ${i32(9)}))`,
});
// A list without bytes needs no memory: fused, nothing is asked for.
scenarios(
  'trap',
  {
    'a realloc that traps, for no bytes': `${mode('calls')} (global.set $called (i32.const CALLED0)) ${ok(read(0, 0))}`,
  },
  { fused: 0, node: 0 },
);

scenarios(0, {
  'all memory, written at once': `${large(1)} (i64.store ${R} ${i64(0)}) (i64.store ${fromEnd(8)} ${i64(77)})
    (local.set $i (call $sum ${i32(0)} ${END}))
    ${must(`(call $write-at ${i64(3)} ${i32(0)} ${END})`)}
    (global.set $next ${END})
    ${must(`(call $read-at ${i64(3)} (i64.extend_i32_u ${END}))`)}
    (i32.ne (local.get $i) (call $sum ${END} ${END}))`,
  'a file that was dropped is read by its mapping': `(call $drop-file ${F}) (call $read-at ${i64(0)} ${i64(4)})`,
  'handles are used again': `(call $drop-file ${F})
    (local.set $i ${i32(300)})
    (block $wrong
      (loop $again
        (local.set $other (call $open ${i32(1024)} ${i32(4)}))
        (local.set $n (call $map (local.get $other) ${i32(2)}))
        (call $drop-file (local.get $other))
        ;; This one may get the number of the dropped one, but not that of the kept one.
        (local.set $other (call $open ${i32(1032)} ${i32(5)}))
        (br_if $wrong (i32.eq (local.get $other) ${F}))
        (call $read (local.get $n) ${i64(9)} ${i64(4)} ${R})
        (br_if $wrong (call $status ${i32(4)}))
        (br_if $wrong (i32.eqz (call $is-right (i32.load ${i32(260)}) ${i32(4)} ${i32(9)})))
        (call $drop (local.get $n))
        (call $drop-file (local.get $other))
        (br_if $wrong (call $read-at ${i64(7)} ${i64(4)}))
        (br_if $wrong (i32.eqz (call $is-right (i32.load ${i32(260)}) ${i32(4)} ${i32(7)})))
        (global.set $next ${i32(4096)})
        (local.set $i (i32.sub (local.get $i) ${i32(1)}))
        (br_if $again (local.get $i)))
      (return ${i32(0)}))
    ${i32(1)}`,
  'two mappings keep one file': `(local.set $other (call $map ${F} ${i32(0)})) (call $drop-file ${F}) (call $drop ${M})
    ${read(2, 4, '(local.get $other)')} (call $status ${i32(4)})`,
});

scenarios(0, {
  '5000 rounds of open, map, close, read, drop': `(call $drop ${M}) (call $drop-file ${F})
    (local.set $i ${i32(5000)})
    (loop $again
      (global.set $f (call $open ${i32(1024)} ${i32(4)}))
      (global.set $m (call $map ${F} (i32.rem_u (local.get $i) ${i32(3)})))
      (call $drop-file ${F})
      (if (call $read-at ${i64(100)} ${i64(1000)}) (then unreachable))
      (if (i32.eqz (call $is-right (i32.load ${i32(260)}) ${i32(1000)} ${i32(100)})) (then unreachable))
      (call $drop ${M})
      (global.set $next ${i32(4096)})
      (local.set $i (i32.sub (local.get $i) ${i32(1)}))
      (br_if $again (local.get $i)))
    ${i32(0)}`,
});

scenarios(0, {
  // The pages past the end are lost; those before it are read before that is met.
  '10,000 faults of 64 KiB': `(call $set-size ${F} ${i64(4 * KIB)} ${R})
    (drop (call $read-at ${i64(0)} ${i64(64 * KIB)}))
    (local.set $n (memory.size)) (local.set $i ${i32(10_000)})
    (block $wrong
      (loop $again
        (br_if $wrong (i32.ne (call $read-at ${i64(0)} ${i64(64 * KIB)}) ${i32(FAULT)}))
        (local.set $i (i32.sub (local.get $i) ${i32(1)}))
        (br_if $again (local.get $i)))
      (br_if $wrong (call $read-at ${i64(0)} ${i64(4 * KIB)}))
      (br_if $wrong (i32.eqz (call $is-right (i32.load ${i32(260)}) ${i32(4 * KIB)} ${i32(0)})))
      (return (i32.ne (memory.size) (local.get $n))))
    ${i32(1)}`,
  'faults of many lengths': `(call $set-size ${F} ${i64(0)} ${R}) (local.set $i ${i32(60_000)})
    (block $wrong
      (loop $again
        (br_if $wrong (i32.ne (call $read-at ${i64(0)} (i64.extend_i32_u (local.get $i))) ${i32(FAULT)}))
        (local.set $i (i32.sub (local.get $i) ${i32(7)}))
        (br_if $again (i32.gt_s (local.get $i) ${i32(0)})))
      (return (i32.gt_u (memory.size) ${i32(3)})))
    ${i32(1)}`,
});

const copy = `(global.set $m (call $map ${F} ${i32(2)}))`;
const memory = `${mmap(0, i32(0), 1, R, 4 * MIB)} (global.set $m (i32.load ${i32(260)}))`;
/** The sum of a range of the mapping. */
const sumOf = (offset: number, length: number): string =>
  `${must(`(call $read-at ${i64(offset)} ${i64(length)})`)} (call $sum (i32.load ${i32(260)}) (i32.load ${i32(264)}))`;

/** The sum of canonical.wat. */
function sum(bytes: Uint8Array): number {
  let total = 0;
  for (const byte of bytes) total = (Math.imul(total, 31) + byte) | 0;
  return total & 0x7fffffff;
}

/** A scenario that ends with the sum of these bytes. */
const holds = (name: string, text: string, bytes: () => Uint8Array): void =>
  scenarios(() => sum(bytes()), { [name]: text });

/** The content of the small file. */
export const content = (): Buffer => Buffer.from(Uint8Array.from({ length: 64 * KIB }, (_, at) => at % 251));
const DATA = 'the changed bytes';
const stored = `${DATA.match(/.{1,4}/g)
  ?.map((part, at) => `(i32.store ${i32(512 + 4 * at)} ${i32(Buffer.from(part.padEnd(4, '\0')).readInt32LE())})`)
  .join(' ')}`;
const putData = (offset: number): string =>
  `${stored} ${must(`(call $write-at ${i64(offset)} ${i32(512)} ${i32(DATA.length)})`)}`;

for (const [name, begin, base] of [
  ['a copy', copy, content],
  ['the file', '', content],
  ['memory', memory, () => Buffer.alloc(4 * MIB)],
] as const) {
  holds(
    `${name}, written across pages`,
    `${begin} ${putData(PAGE - 5)} ${putData(3 * PAGE - 1)} ${sumOf(0, 5 * PAGE)}`,
    () => {
      const bytes = base();
      for (const at of [PAGE - 5, 3 * PAGE - 1]) bytes.write(DATA, at);
      return bytes.subarray(0, 5 * PAGE);
    },
  );
  holds(
    `${name}, moved forward and backward`,
    `${begin} ${putData(100)} ${must(`(call $move-to ${i64(2 * PAGE - 3)} ${i64(90)} ${i64(3 * PAGE)})`)}
      ${must(`(call $move-to ${i64(PAGE + 1)} ${i64(2 * PAGE - 50)} ${i64(2 * PAGE)})`)} ${sumOf(1, 6 * PAGE)}`,
    () => {
      const bytes = base();
      bytes.write(DATA, 100);
      bytes.copyWithin(2 * PAGE - 3, 90, 90 + 3 * PAGE);
      bytes.copyWithin(PAGE + 1, 2 * PAGE - 50, 4 * PAGE - 50);
      return bytes.subarray(1, 1 + 6 * PAGE);
    },
  );
}

/** 8 MiB that repeat nowhere, without zeros but those at ZEROS. */
const ZEROS = [128 * KIB - 1, 5 * MIB + 7];
let random: Uint8Array | undefined;
export function noise(): Buffer {
  if (!random) {
    random = new Uint8Array(8 * MIB);
    let state = 1;
    for (let at = 0; at < random.length; at += 1) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      random[at] = 1 + ((state >>> 16) % 255);
    }
    random.set([0, 1, 0], ZEROS[0]);
    random.set([0], ZEROS[1]);
  }
  return Buffer.from(random);
}
for (const access of [0, 1, 2]) {
  holds(
    `3 MiB moved over windows, access ${access}`,
    `${large(access)} ${
      access === 0
        ? must(`(i32.ne (call $move-to ${i64(1)} ${i64(0)} ${i64(9)}) ${i32(READ_ONLY)})`)
        : `${must(`(call $move-to ${i64(MIB + 3)} ${i64(5)} ${i64(3 * MIB)})`)}
           ${must(`(call $move-to ${i64(1)} ${i64(MIB + 100)} ${i64(3 * MIB)})`)}`
    } ${sumOf(0, 5 * MIB)}`,
    () => {
      const bytes = noise();
      if (access > 0) {
        bytes.copyWithin(MIB + 3, 5, 5 + 3 * MIB);
        bytes.copyWithin(1, MIB + 100, 4 * MIB + 100);
      }
      return bytes.subarray(0, 5 * MIB);
    },
  );
}
holds(
  'a read of 8 MiB of which pages are private',
  `${large(2)} ${[PAGE - 3, MIB - 1, 2 * MIB, 8 * MIB - DATA.length].map(putData).join(' ')} ${sumOf(0, 8 * MIB)}`,
  () => {
    const bytes = noise();
    for (const at of [PAGE - 3, MIB - 1, 2 * MIB, 8 * MIB - DATA.length]) bytes.write(DATA, at);
    return bytes;
  },
);

for (const place of [12, 13, 15, 16, 17]) {
  // The list fills all memory but the first bytes, where the result is, or all but some of the last ones, too.
  for (const left of [0, 1, 16]) {
    holds(
      `a list from ${place} to ${left} before the end`,
      `${large(0)} (local.set $n (i32.sub ${END} ${i32(place + left)})) (local.set $other ${END})
        ${mode('fixed', `(global.set $place ${i32(place)})`)}
        (call $read ${M} ${i64(1)} (i64.extend_i32_u (local.get $n)) ${i32(0)})
        ${must(`(i32.load8_u ${i32(0)})`)}
        ${must(`(i32.ne (i32.load ${i32(4)}) ${i32(place)})`)}
        (call $sum ${i32(place)} (local.get $n))`,
      () => noise().subarray(1, 1 + 2 * 64 * KIB - place - left),
    );
  }
}

const WINDOWS = [4096, 64 * KIB, 128 * KIB, 192 * KIB, 2 * MIB];
scenarios(0, {
  'find: 1 byte': `${large(0)} (i32.store8 ${R} ${i32(0)})
    (call $find ${M} ${R} ${i32(1)} ${i64((ZEROS[0] as number) + 3)} ${i64(-1)} ${R})
    (i32.or (call $status ${i32(8)}) (i64.ne (i64.load ${i32(272)}) ${i64(ZEROS[1] as number)}))`,
  'find: 1 byte, backward': `${large(0)} (i32.store8 ${R} ${i32(0)})
    (call $rfind ${M} ${R} ${i32(1)} ${i64(0)} ${i64(ZEROS[1] as number)} ${R})
    (i32.or (call $status ${i32(8)}) (i64.ne (i64.load ${i32(272)}) ${i64((ZEROS[0] as number) + 2)}))`,
  'find: 2 bytes': `${large(0)} (call $find-own ${i64(ZEROS[0] as number)} ${i64(2)})`,
  ...Object.fromEntries(
    [9, 64 * KIB, 3 * MIB].map((length) => [
      `find: ${length} bytes across windows`,
      `${large(0)} ${WINDOWS.flatMap((at) => [at - 1, at, at + 1, at - (length % 1000)])
        .map((at) => `(global.set $next ${i32(4096)}) ${must(`(call $find-own ${i64(at)} ${i64(length)})`)}`)
        .join(' ')} ${i32(0)}`,
    ]),
  ),
});

scenarios(0, {
  'every function at the largest numbers': `
    ${must(`(i32.ne (call $read-at ${i64(-1)} ${i64(1)}) ${i32(OUT_OF_RANGE)})`)}
    ${must(`(i32.ne (call $read-at ${i64(1)} ${i64(-1)}) ${i32(OUT_OF_RANGE)})`)}
    ${must(`(i32.ne (call $write-at ${i64(-1)} ${R} ${i32(1)}) ${i32(OUT_OF_RANGE)})`)}
    ${must(`(i32.ne (call $move-to ${i64(-1)} ${i64(-1)} ${i64(-1)}) ${i32(OUT_OF_RANGE)})`)}
    ${mmap(0, i32(0), 1, R, 2 ** 40)} (global.set $m (i32.load ${i32(260)}))
    ${must(`(i32.ne (call $read-at ${i64(0)} ${i64(2 ** 32)}) ${i32(NO_MEMORY)})`)}
    ${must(`(i32.ne (call $read-at ${i64(0)} ${i64(2 ** 32 + 4)}) ${i32(NO_MEMORY)})`)}
    ${posix(0, 1, 2 ** 40)} (global.set $m (i32.load ${i32(260)}))
    ${must(`(i32.ne (call $read-at ${i64(0)} ${i64(2 ** 32)}) ${i32(FAULT)})`)}
    ${must(`(i32.ne (call $read-at ${i64(2 ** 40 - 4)} ${i64(4)}) ${i32(FAULT)})`)}
    ${i32(0)}`,
  'a mapping without the right to read': `${posix(1, 0)} (global.set $m (i32.load ${i32(260)}))
    (i32.ne (call $read-at ${i64(0)} ${i64(1)}) ${i32(ACCESS_DENIED)})`,
});

// A mapping is known by its address in the polyfill's memory, which has to fit the numbers of every engine.
scenarios(0, {
  'own pages until there is no memory, and mappings then': `
    ${mmap(0, i32(0), 1, R, 2 ** 31)} (global.set $m (i32.load ${i32(260)}))
    (drop (memory.grow ${i32(256)}))
    (block $full
      (loop $more
        (call $write ${M} (i64.mul (i64.extend_i32_u (local.get $i)) ${i64(16 * MIB)}) ${i32(128 * KIB)} ${i32(16 * MIB)} ${R})
        (br_if $full (call $status ${i32(1)}))
        (local.set $i (i32.add (local.get $i) ${i32(1)}))
        (br_if $more (i32.lt_u (local.get $i) ${i32(80)})))
      (return ${i32(1)}))
    ${must(`(i32.ne (call $status ${i32(1)}) ${i32(NO_MEMORY)})`)}
    (local.set $i ${i32(5000)})
    (loop $again
      ${mmap(0, i32(0), 0, R, 77)}
      (if (call $status ${i32(4)})
        (then (return (i32.ne (call $status ${i32(4)}) ${i32(NO_MEMORY)}))))
      (if (i64.ne (call $length (i32.load ${i32(260)})) ${i64(77)}) (then (return ${i32(2)})))
      (local.set $i (i32.sub (local.get $i) ${i32(1)}))
      (br_if $again (local.get $i)))
    ${i32(0)}`,
});
