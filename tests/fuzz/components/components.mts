/**
 * Hostile components through `wasi-mmap run`. `make fuzz TARGET=components TIME=seconds` calls:
 *
 *   node build/tests/fuzz/components/components.mjs run SECONDS SEED FOLDER
 *
 * What goes wrong is kept in the folder. Components whose runs come to something new go to build/fuzz/corpus/components.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { generate } from './generate.mjs';
import { tryComponent } from './judge.mjs';

const [, , , seconds = '60', first = '1', found = 'build/fuzz/found/components'] = process.argv;
const corpus = 'build/fuzz/corpus/components';
for (const folder of [found, corpus]) mkdirSync(folder, { recursive: true });

const kinds = new Map<string, number>();
const end = Date.now() + Number(seconds) * 1000;
let seed = Number(first);
let wrongs = 0;

async function work(): Promise<void> {
  while (Date.now() < end) {
    const own = seed++ >>> 0;
    const bytes = await generate(own);
    const { kind, wrong } = await tryComponent(bytes);
    if (!kinds.has(kind)) writeFileSync(`${corpus}/${own}.wasm`, bytes);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (wrong === undefined) continue;
    wrongs += 1;
    writeFileSync(`${found}/${own}.wasm`, bytes);
    console.log(`seed ${own}: ${wrong}`);
  }
}

await Promise.all([work(), work()]);
const total = [...kinds.values()].reduce((sum, count) => sum + count, 0);
for (const [kind, count] of [...kinds].sort(([, a], [, b]) => b - a)) console.log(`${count} x ${kind}`);
console.log(`${total} components, ${kinds.size} kinds of ends, ${wrongs} wrong`);
process.exitCode = wrongs > 0 ? 1 : 0;
