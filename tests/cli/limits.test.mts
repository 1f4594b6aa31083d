// Components that are too large, too deep or broken: one line and exit code 2, in time. Needs `make guests wasmtime`.
import { closeSync, ftruncateSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, component, folder, start } from './command.mjs';
import { command } from './names.mjs';

const HEADER = Buffer.from([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0]);
const TYPES = 7;
const COMPONENT = 4;

function leb(value: number): Buffer {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}

const section = (id: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([id]), leb(content.length), content]);

function save(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function sparse(name: string, begin: Buffer, length: number): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  writeSync(file, begin);
  ftruncateSync(file, length);
  closeSync(file);
  return path;
}

/** Components in components. */
function nested(depth: number): Buffer {
  let bytes: Buffer = HEADER;
  for (let level = 0; level < depth; level += 1) bytes = Buffer.concat([HEADER, section(COMPONENT, bytes)]);
  return bytes;
}

/** Types of components in types of components. */
function nestedTypes(depth: number): Buffer {
  const levels = Buffer.alloc(depth * 3);
  for (let at = 0; at < levels.length; at += 3) levels.set([0x41, 1, 1], at);
  return Buffer.concat([HEADER, section(TYPES, Buffer.concat([leb(1), levels, Buffer.from([0x41, 0])]))]);
}

/** Each component instantiates the one before it twice. */
function doubled(times: number): string {
  const levels = Array.from({ length: times }, (_, level) => {
    const before = `(alias outer 1 $c${level} (component $p))`;
    return `(component $c${level + 1} ${before} (instance (instantiate $p)) (instance (instantiate $p)))`;
  });
  const first = '(component $c0 (core module $m) (core instance (instantiate $m)))';
  return command(`${first} ${levels.join('')} (instance (instantiate $c${times}))`);
}

/** The same, by components that are passed as arguments. */
function passed(times: number): string {
  const twice = '(instance (instantiate $p)) (instance (instantiate $p))';
  const level = `(component $twice (import "p" (component $p)) (component $q (alias outer 1 $p (component $p)) ${twice}) (export "q" (component $q)))`;
  const steps = Array.from({ length: times }, (_, at) => {
    const given = at === 0 ? '$leaf' : `$q${at - 1}`;
    return `(instance $i${at} (instantiate $twice (with "p" (component ${given})))) (alias export $i${at} "q" (component $q${at}))`;
  });
  return command(`(component $leaf) ${level} ${steps.join('')} (instance (instantiate $q${times - 1}))`);
}

/** Tuples of two tuples. */
function doubledTypes(times: number): string {
  const types = Array.from({ length: times }, (_, at) => `(type $t${at + 1} (tuple $t${at} $t${at}))`);
  return command(`(type $t0 (tuple u8 u8)) ${types.join('')} (type (func (param "x" $t${times})))`);
}

const lowered = (times: number): string =>
  command(`(import "wasi:cli/exit@0.2.0" (instance $e (export "exit" (func (param "status" (result))))))
    (alias export $e "exit" (func $f)) ${'(core func (canon lower (func $f)))'.repeat(times)}`);

const VERBS = readFileSync('build/guests/c/verbs.wasm');

const HOSTILE: Record<string, () => string | Promise<string>> = {
  'instances by the million': () => component('doubled.wasm', doubled(40)),
  'instances by the million, of components that are passed on': () => component('passed.wasm', passed(40)),
  'functions by the thousand': () => component('lowered.wasm', lowered(20_000)),
  'components in components': () => save('nested.wasm', nested(3000)),
  'types in types': () => save('types.wasm', nestedTypes(300_000)),
  'types that double': () => component('types.wasm', doubledTypes(40)),
  'a count that nothing follows': () =>
    save(
      'count.wasm',
      Buffer.concat([HEADER, section(TYPES, Buffer.concat([leb(0xffffffff), Buffer.from([0x41, 0])]))]),
    ),
  zeros: () => sparse('zeros.wasm', HEADER, 100 << 20),
  'a section that claims to be large': () =>
    save('claim.wasm', Buffer.concat([HEADER, Buffer.from([1]), leb(0xffffffff)])),
  'a component in it that claims to be large': () =>
    save('claim.wasm', Buffer.concat([HEADER, Buffer.from([COMPONENT]), leb(0xfffffff0), HEADER])),
  'code that is invalid': () => component('code.wasm', command('(core module (func (result i32) nop))')),
};
for (const length of [8, 9, 11, 100, 1000, 20_000, VERBS.length - 1]) {
  HOSTILE[`its first ${length} bytes`] = () => save('begin.wasm', VERBS.subarray(0, length));
}
for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  HOSTILE[`other bytes here and there, ${seed}`] = () => {
    const bytes = Buffer.from(VERBS);
    for (let at = 8 + seed; at < bytes.length; at += 97 * seed) bytes[at] = (bytes[at] ?? 0) ^ (seed * 37);
    return save('flipped.wasm', bytes);
  };
}

for (const [host, program] of Object.entries(COMMANDS)) {
  for (const [what, make] of Object.entries(HOSTILE)) {
    test(`${what}, on ${host}`, async () => {
      const { code, out, error } = start(program, ['run', await make()], { timeout: 120_000 });
      assert.is(code, 2, error);
      assert.is(out, '');
      // A message of wasmtime about a component can have several lines.
      if (host === 'node') assert.match(error, /^wasi-mmap: [^\n]+\n$/);
    });
  }
}

test('files that are no component, and have no end', () => {
  const program = COMMANDS['node'] ?? [''];
  const large = sparse('large.wasm', HEADER, 3 * 2 ** 30);
  for (const [path, message] of [
    [large, /large\.wasm is larger than 192 MiB\n$/],
    ['/dev/zero', /\/dev\/zero is not WebAssembly\n$/],
    ['/dev/null', /\/dev\/null is not WebAssembly\n$/],
  ] as const) {
    const { code, error } = start(program, ['run', path], { timeout: 120_000 });
    assert.is(code, 2, error);
    assert.match(error, message);
  }
});

test('what ends while it starts', async () => {
  for (const program of Object.values(COMMANDS)) {
    const path = await component('start.wasm', command('', '(func $f unreachable) (start $f)'));
    const { code, error } = start(program, ['run', path]);
    assert.is(code, 134, error);
    assert.match(error, /^wasi-mmap: start\.wasm trapped: /);
  }
});

test.run();
