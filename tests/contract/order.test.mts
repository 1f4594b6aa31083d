// The numbers of codes are their order in the contract, in every language that spells them out.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { complaint, enumerationsOf, listsIn, read, sourcesIn, type List } from './order.mjs';

const contract = read('wit/mmap.wit');
const enumerations = enumerationsOf(contract);

/** Where people spell out what: a folder, and the enumerations of which it has a list. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  'host/core': ['access', 'advice', 'error-code', 'protection', 'sharing'],
  'host/node': ['access'],
  'host/wasmtime': ['access', 'error-code', 'protection'],
  ts: ['access', 'advice', 'error-code', 'protection'],
  'guest/c': ['access', 'advice', 'error-code', 'protection', 'sharing'],
  'guest/python': ['advice', 'protection'],
  'tests/contract': ['access', 'advice', 'error-code', 'protection', 'sharing'],
  'tests/miri': ['error-code'],
};

/** Elsewhere bindings are generated, from the contract itself. */
const GENERATED_FROM = ['guest/rust/wit/mmap.wit', 'host/wasmtime/wit/mmap.wit'];

interface Found extends List {
  readonly path: string;
  readonly source: string;
}

const found = new Map<string, Found[]>();
for (const folder of [...Object.keys(PLACES), 'guest/js', 'guest/polyfill', 'guest/rust']) {
  const lists: Found[] = [];
  for (const path of sourcesIn(folder)) {
    const source = read(path);
    lists.push(...listsIn(source, enumerations).map((list) => ({ ...list, path, source })));
  }
  found.set(folder, lists);
}

test('the contract has these enumerations', () => {
  const names = enumerations.map(({ name }) => name).sort();
  assert.equal(names, ['access', 'advice', 'error-code', 'protection', 'sharing']);
  assert.is(enumerations.find(({ name }) => name === 'error-code')?.cases.length, 14);
});

for (const [folder, lists] of found) {
  test(`${folder}: order and numbers`, () => {
    for (const name of PLACES[folder] ?? [])
      assert.ok(
        lists.some(({ of }) => of.name === name),
        `no list of ${name}`,
      );
    for (const list of lists) assert.is(complaint(list), undefined, `${list.path}: ${complaint(list)}`);
  });

  test(`${folder}: two cases that are swapped are noticed`, () => {
    for (const { path, source, start, end, items, of } of lists) {
      const [first, second] = items.map(({ text }) => text) as [string, string];
      const inside = source.slice(start, end);
      const at = inside.indexOf(first);
      const next = inside.indexOf(second, at + first.length);
      assert.ok(at >= 0 && next > at, `${path}: ${first}, ${second}`);
      const swapped = [
        inside.slice(0, at),
        second,
        inside.slice(at + first.length, next),
        first,
        inside.slice(next + second.length),
      ].join('');
      const again = listsIn(source.slice(0, start) + swapped + source.slice(end), enumerations);
      const list = again.find((each) => each.start === start && each.of === of);
      assert.ok(list && complaint(list), `${path}: ${of.name}`);
    }
  });
}

test('bindings are generated from the contract', () => {
  for (const path of GENERATED_FROM) assert.is(read(path), contract, path);
});

test.run();
