/** Calls the WebAssembly module that changes components, see guest/polyfill/plug. A hostile component can only make it trap. */
import { readFile } from 'node:fs/promises';
import { UsageError } from './options.mjs';

type Work = (guest: number, guestLength: number, other: number, otherLength: number) => number;

/** See guest/polyfill/plug/src/abi.rs. */
interface Module {
  readonly memory: { readonly buffer: ArrayBuffer };
  allocate(length: number): number;
  plug: Work;
  seal: Work;
  result_address(): number;
  result_length(): number;
}

const DONE = 0;
/** A status of `seal`: the component is not a command for this host. */
const MISFIT = 1;

const shipped = (name: string): Promise<Buffer> => readFile(new URL(`../polyfill/${name}`, import.meta.url));

function call(module: Module, verb: 'plug' | 'seal', guest: Uint8Array, other: Uint8Array): [number, Buffer] {
  const put = (bytes: Uint8Array): number => {
    const address = module.allocate(bytes.length);
    new Uint8Array(module.memory.buffer, address, bytes.length).set(bytes);
    return address;
  };
  const status = module[verb](put(guest), guest.length, put(other), other.length);
  return [status, Buffer.from(module.memory.buffer, module.result_address(), module.result_length())];
}

/** The module's result for a component, or the message to show, by the status. */
async function work(
  verb: 'plug' | 'seal',
  guest: Uint8Array,
  other: 'polyfill.wasm' | 'provided.wasm',
): Promise<[number, Buffer] | Error> {
  const [code, second] = await Promise.all([shipped('plug.wasm'), shipped(other)]);
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(code));
  try {
    return call(exports as Module, verb, guest, second);
  } catch (error) {
    return error as Error; // A trap: the component can harm nothing but the module.
  }
}

/**
 * The component with the polyfill in front of it.
 *
 * @throws {UsageError} the component cannot be plugged
 */
export async function plug(path: string, guest: Uint8Array): Promise<Uint8Array> {
  const answer = await work('plug', guest, 'polyfill.wasm');
  if (answer instanceof Error) {
    const why = `it is too large, or wac cannot read it (${answer.message})`;
    throw new UsageError(`${path} cannot be plugged: ${why}`, false);
  }
  const [status, result] = answer;
  if (status !== DONE) throw new UsageError(`${path} ${result.toString()}`, false);
  return result;
}

/**
 * The same component with only imports that the host provides, with the export `wasi:cli/run`, and without any name that its
 * maker chose.
 *
 * @throws {UsageError} the component is not a command for this host, or cannot be read
 */
export async function seal(path: string, guest: Uint8Array): Promise<Uint8Array> {
  const answer = await work('seal', guest, 'provided.wasm');
  if (answer instanceof Error) {
    throw new UsageError(`cannot translate ${path}: it is too large or too deep (${answer.message})`, false);
  }
  const [status, result] = answer;
  if (status === MISFIT) throw new UsageError(`${path} ${result.toString()}`, false);
  if (status !== DONE) throw new UsageError(`cannot translate ${path}: it ${result.toString()}`, false);
  return result;
}
