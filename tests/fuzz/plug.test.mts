// What a fuzzer found for the plug (tests/fuzz/plug), in the module that the commands have.
import { readdirSync, readFileSync } from 'node:fs';
import { componentWit } from '@bytecodealliance/jco-transpile/wasm-tools';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

interface Plug {
  readonly memory: { readonly buffer: ArrayBuffer };
  allocate(length: number): number;
  plug(guest: number, guestLength: number, polyfill: number, polyfillLength: number): number;
  result_address(): number;
  result_length(): number;
}

const CORPUS = 'tests/fuzz/corpus/plug';
const [PLUGGED, NOTHING_TO_PLUG, MISFIT] = [0, 1, 2];

const code = new WebAssembly.Module(readFileSync('dist/polyfill/plug.wasm'));
const polyfill = readFileSync('dist/polyfill/polyfill.wasm');

for (const name of readdirSync(CORPUS).sort()) {
  test(`${name} is plugged, or refused`, async () => {
    const wasm = new WebAssembly.Instance(code).exports as unknown as Plug;
    const put = (bytes: Uint8Array): number => {
      const address = wasm.allocate(bytes.length);
      new Uint8Array(wasm.memory.buffer, address, bytes.length).set(bytes);
      return address;
    };
    const guest = readFileSync(`${CORPUS}/${name}`);
    const status = wasm.plug(put(guest), guest.length, put(polyfill), polyfill.length);
    const result = Buffer.from(wasm.memory.buffer, wasm.result_address(), wasm.result_length());
    assert.ok([PLUGGED, NOTHING_TO_PLUG, MISFIT].includes(status), `status ${status}`);
    if (status === PLUGGED) assert.not.match(await componentWit(result), /import wasi-mmap:/);
    else assert.match(result.toString(), /./);
  });
}

test.run();
