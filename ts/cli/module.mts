/** Calls the WebAssembly module that looks at components and changes them, see guest/polyfill/plug. A hostile component can only make it trap. */
import { readFile } from 'node:fs/promises';
import type { Generation } from './generation.mjs';
import { UsageError } from './options.mjs';

/** Takes addresses and lengths in turn, first of the guest. */
type Work = (...components: number[]) => number;

/** See guest/polyfill/plug/src/abi.rs. */
interface Module {
  readonly memory: { readonly buffer: ArrayBuffer };
  allocate(length: number): number;
  plug: Work;
  seal: Work;
  inspect: Work;
  result_address(): number;
  result_length(): number;
  explanation_address(): number;
  explanation_length(): number;
}

type Verb = 'plug' | 'seal' | 'inspect';

const DONE = 0;
/** Statuses of `seal`: the component is not a command for this host; it is one of WASI 0.3. */
const MISFIT = 1;
const DONE_0_3 = 3;

const shipped = (name: string): Promise<Buffer> => readFile(new URL(`../polyfill/${name}`, import.meta.url));

interface Answer {
  readonly status: number;
  readonly result: Buffer;
  readonly explanation: string;
}

function call(module: Module, verb: Verb, components: readonly Uint8Array[]): Answer {
  const put = (bytes: Uint8Array): number => {
    const address = module.allocate(bytes.length);
    new Uint8Array(module.memory.buffer, address, bytes.length).set(bytes);
    return address;
  };
  const status = module[verb](...components.flatMap((component) => [put(component), component.length]));
  const bytes = (address: number, length: number): Buffer => Buffer.from(module.memory.buffer, address, length);
  return {
    status,
    result: bytes(module.result_address(), module.result_length()),
    explanation: bytes(module.explanation_address(), module.explanation_length()).toString(),
  };
}

/** The module's answer for a component, or the error to show. */
async function work(verb: Verb, guest: Uint8Array, others: readonly Promise<Uint8Array>[]): Promise<Answer | Error> {
  const [code, ...rest] = await Promise.all([shipped('plug.wasm'), ...others]);
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(code));
  try {
    return call(exports as Module, verb, [guest, ...rest]);
  } catch (error) {
    return error as Error; // A trap: the component can harm nothing but the module.
  }
}

/** A component with the polyfill. */
export interface Plugged {
  readonly bytes: Uint8Array;
  /** Whether the polyfill is inside of it, or why not. */
  readonly explanation: string;
}

/**
 * The component with the polyfill inside of it, or where that cannot be done in front of it.
 *
 * @param compose has the polyfill always in front
 * @throws {UsageError} the component cannot be plugged
 */
export async function plug(path: string, guest: Uint8Array, compose = false): Promise<Plugged> {
  const inside = compose ? Promise.resolve(new Uint8Array()) : shipped('fused.wasm');
  const answer = await work('plug', guest, [shipped('polyfill.wasm'), inside]);
  if (answer instanceof Error) {
    const why = `it is too large, or wac cannot read it (${answer.message})`;
    throw new UsageError(`${path} cannot be plugged: ${why}`, false);
  }
  const { status, result, explanation } = answer;
  if (status !== DONE) throw new UsageError(`${path} ${result.toString()}`, false);
  return { bytes: result, explanation };
}

export interface Sealed {
  readonly bytes: Uint8Array;
  readonly generation: Generation;
}

/**
 * The same component with only imports that the host provides, with the export `wasi:cli/run`, and without any name that its
 * maker chose.
 *
 * @throws {UsageError} the component is not a command for this host, or cannot be read
 */
export async function seal(path: string, guest: Uint8Array): Promise<Sealed> {
  const answer = await work('seal', guest, [shipped('provided.wasm'), shipped('provided-0-3.wasm')]);
  if (answer instanceof Error) {
    throw new UsageError(`cannot translate ${path}: it is too large or too deep (${answer.message})`, false);
  }
  const { status, result } = answer;
  if (status === DONE) return { bytes: result, generation: '0.2' };
  if (status === DONE_0_3) return { bytes: result, generation: '0.3' };
  const reason = result.toString();
  throw new UsageError(status === MISFIT ? `${path} ${reason}` : `cannot translate ${path}: it ${reason}`, false);
}

/** What a component imports, and which hosts can run it: as lines for people, and as JSON. */
export interface Inspected {
  readonly text: string;
  readonly json: string;
}

/** @throws {UsageError} the component is not valid */
export async function inspect(path: string, guest: Uint8Array): Promise<Inspected> {
  const names = ['polyfill', 'fused', 'provided', 'provided-0-3'];
  const answer = await work(
    'inspect',
    guest,
    names.map((name) => shipped(`${name}.wasm`)),
  );
  if (answer instanceof Error) {
    throw new UsageError(`cannot inspect ${path}: it is too large or too deep (${answer.message})`, false);
  }
  const { status, result, explanation } = answer;
  if (status !== DONE) throw new UsageError(`${path} ${result.toString()}`, false);
  return { text: explanation, json: result.toString() };
}
