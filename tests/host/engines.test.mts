// Which memories can have spans, in each engine: run it in Node, in Bun and in Deno.
import { mkdtempSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { isUnchecked, PROBED } from '#engines';
import { hasGuardRegion } from '#native';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Guest, Memory } from './by-hand.mjs';
import { UNIT, writeFiles } from './spans.mjs';

/** The number of the error in the contract. */
const UNSUPPORTED = 12;
const NONE = { error: UNSUPPORTED };
const FAST = 8;

const { bun, deno } = process.versions as Partial<Record<string, string>>;
const test = suite('memories of the engine');
let folder = '';

test.before(() => {
  folder = mkdtempSync(resolve('build', 'engines-'));
  writeFiles(folder);
});
test.after(() => rmSync(folder, { recursive: true }));

const attach = (memory: Memory): unknown => new Guest(folder, 'read', memory).attach(UNIT, UNIT);

test('memory that can grow to the end of its addresses has spans', () => {
  for (const limits of [{ initial: 4 }, { initial: 4, maximum: 65536 }]) {
    assert.type(attach(new Memory(limits)), 'number', JSON.stringify(limits));
  }
});

test('memory with a small maximum has them where all addresses are reserved', () => {
  const got = attach(new Memory({ initial: 4, maximum: 8 }));
  if (deno) assert.equal(got, NONE);
  else assert.type(got, 'number');
});

test('memory that threads share has none', () => {
  assert.equal(attach(new Memory({ initial: 4, maximum: 65536, shared: true })), NONE);
});

test('memory with addresses of 64 bits has none', () => {
  let memory: Memory;
  try {
    memory = new Memory({ initial: 4n, maximum: 65536n, address: 'i64' } as never);
  } catch (error) {
    console.log(`skips memory with addresses of 64 bits: the engine has none (${String(error)})`);
    return;
  }
  if (bun || deno) assert.equal(attach(memory), NONE);
  // V8 reserves all that it can reach there too.
  else if (attach(memory) !== NONE) assert.ok(hasGuardRegion(memory.buffer, 2 ** 33));
});

test('a region that is not aligned in the memory of the guest is refused, wherever that lies', () => {
  const guest = new Guest(folder, 'read', new Memory({ initial: 4 }));
  const INVALID_ARGUMENT = 4;
  for (const address of [1, 4096, UNIT + 4096, UNIT - 4096]) {
    assert.equal(guest.attach(address, UNIT), { error: INVALID_ARGUMENT }, String(address));
  }
});

if (bun) {
  // TypeScript knows no modules of Bun.
  const name: string = 'bun:ffi';
  const { dlopen, ptr } = (await import(name)) as {
    dlopen: (name: string, symbols: object) => { symbols: { mmap: (...args: number[]) => bigint | number } };
    ptr: (buffer: ArrayBuffer) => number;
  };
  const args = ['u64', 'u64', 'i32', 'i32', 'i32', 'i64'];
  const { mmap } = dlopen('libc.so.6', { mmap: { args, returns: 'u64' } }).symbols;
  const FLAGS = 0x104022; // MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE, MAP_FIXED_NOREPLACE

  test('addresses that others have reserved after a memory do not make it a fast one', () => {
    const fast = Array.from({ length: FAST }, () => new Memory({ initial: 1 }));
    assert.ok(fast.some(isUnchecked)); // Other tests have taken some.
    // Of sizes that lie in different parts of the address space: after some of them, addresses are free.
    const others = [1, 1, 1, 2000, 2000, 20_000, 20_000, 40_000].map((initial) => new Memory({ initial }));
    const followed = others.filter(({ buffer }) => {
      const at = ptr(buffer) + PROBED;
      return Number(mmap(at, UNIT, 0, FLAGS, -1, 0)) === at;
    });
    assert.ok(followed.length > 0, 'there is a memory with a neighbour');
    for (const memory of followed) assert.not(isUnchecked(memory));
  });

  test('the ninth memory has none, and one that follows when others are garbage has spans again', async () => {
    const { gc } = globalThis as { gc?: () => void };
    let all = Array.from({ length: FAST + 1 }, () => new Memory({ initial: 4 }));
    const ends = all.map(attach);
    assert.equal(ends.at(-1), NONE);
    assert.ok(ends.some((end) => typeof end === 'number'));
    all = [];
    for (let round = 0; round < 5; round++) {
      gc?.();
      await new Promise((done) => setTimeout(done, 10));
    }
    assert.type(attach(new Memory({ initial: 4 })), 'number');
  });
}

test.run();
