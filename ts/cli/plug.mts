/** Puts the polyfill in front of a component, see guest/polyfill/plug. */
import { readFile } from 'node:fs/promises';
import { readComponent } from './load.mjs';
import { UsageError, type PlugOptions } from './options.mjs';
import { writeOutput } from './output.mjs';

/** See guest/polyfill/plug/src/abi.rs. */
interface Plug {
  readonly memory: { readonly buffer: ArrayBuffer };
  allocate(length: number): number;
  plug(guest: number, guestLength: number, polyfill: number, polyfillLength: number): number;
  result_address(): number;
  result_length(): number;
}

const PLUGGED = 0;

const shipped = (name: string): Promise<Buffer> => readFile(new URL(`../polyfill/${name}`, import.meta.url));

function call(wasm: Plug, guest: Uint8Array, polyfill: Uint8Array): { status: number; result: Buffer } {
  const put = (bytes: Uint8Array): number => {
    const address = wasm.allocate(bytes.length);
    new Uint8Array(wasm.memory.buffer, address, bytes.length).set(bytes);
    return address;
  };
  const status = wasm.plug(put(guest), guest.length, put(polyfill), polyfill.length);
  return { status, result: Buffer.from(wasm.memory.buffer, wasm.result_address(), wasm.result_length()) };
}

async function plug(path: string, guest: Uint8Array): Promise<Uint8Array> {
  const [code, polyfill] = await Promise.all([shipped('plug.wasm'), shipped('polyfill.wasm')]);
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(code));
  let answer: ReturnType<typeof call>;
  try {
    answer = call(exports as Plug, guest, polyfill);
  } catch (error) {
    // A trap: nothing that the component does to the module gets further.
    const reason = (error as Error).message;
    throw new UsageError(`${path} cannot be plugged: it is too large, or wac cannot read it (${reason})`, false);
  }
  const { status, result } = answer;
  if (status !== PLUGGED) throw new UsageError(`${path} ${result.toString()}`, false);
  return result;
}

export async function plugFile({ component, output }: PlugOptions): Promise<void> {
  await writeOutput(output, await plug(component, await readComponent(component)));
}
