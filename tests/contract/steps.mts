/** Runs steps of vectors on the class `Mmap`: the same in Node and in a JavaScript guest. */
import type { Access, Advice, Mmap } from 'wasi-mmap';

type Numbers = 'length' | 'offset' | 'destination' | 'source' | 'start' | 'end' | 'whence' | 'value';

interface Arguments extends Record<Numbers, number>, Record<'bytes' | 'needle', string> {
  op: string;
  map?: string;
  anonymous?: true;
  access?: Access;
  sharing: 'shared' | 'private';
  protection: Array<'read' | 'write' | 'execute'>;
  advice: Advice;
}

/** The module under test: `wasi-mmap` or `wasi-mmap/guest`. */
export interface Api<Source> {
  mmap(file: Source | null, options: object): Mmap;
  MmapError: new (code: 'out-of-range') => Error & { readonly code: string };
  constants: Readonly<Record<'MAP_SHARED' | 'MAP_PRIVATE' | 'PROT_READ' | 'PROT_WRITE' | 'PROT_EXEC', number>>;
}

/** Bytes of Latin-1 text, and back. */
export const toBytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export function toText(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4096) {
    parts.push(String.fromCharCode(...bytes.subarray(at, at + 4096)));
  }
  return parts.join('');
}

const position = (found: number): number | null => (found < 0 ? null : found);

/** The mappings of one file, which answer steps. */
export class Steps<Source> {
  readonly #api: Api<Source>;
  readonly #file: Source;
  readonly #maps = new Map<string, Mmap>();

  constructor(api: Api<Source>, file: Source) {
    this.#api = api;
    this.#file = file;
  }

  /** The answer: bytes where the step reads bytes, else JSON, or `error` and its code. */
  answer(step: object): string | Uint8Array {
    const { op, map = 'm' } = step as Arguments;
    try {
      if (op === 'mmap' || op === 'mmap-posix') this.#maps.set(map, this.#open(step as Arguments));
      const result = this.#run(this.#maps.get(map) as Mmap, step as Arguments);
      return result instanceof Uint8Array ? result : JSON.stringify(result ?? null);
    } catch (error) {
      return error instanceof this.#api.MmapError ? `error ${error.code}` : String(error);
    }
  }

  close(): void {
    for (const map of this.#maps.values()) map.close();
  }

  #open({ op, anonymous, length, offset, access, sharing, protection }: Arguments): Mmap {
    if (op === 'mmap') return this.#api.mmap(anonymous ? null : this.#file, { length, offset, access });
    const { MAP_SHARED, MAP_PRIVATE, PROT_READ, PROT_WRITE, PROT_EXEC } = this.#api.constants;
    const rights = { read: PROT_READ, write: PROT_WRITE, execute: PROT_EXEC };
    const prot = protection.reduce((sum, right) => sum | rights[right], 0);
    return this.#api.mmap(this.#file, { length, offset, prot, flags: sharing === 'shared' ? MAP_SHARED : MAP_PRIVATE });
  }

  #run(map: Mmap, step: Arguments): unknown {
    const { bytes, needle, offset, length, destination, source, start, end, advice, whence, value } = step;
    switch (step.op) {
      case 'length':
        return map.length;
      case 'access':
        return map.access;
      case 'file-size':
        return map.size();
      case 'read':
        // `slice`, the array-like API's only positional read, cuts a range that the contract refuses.
        if (offset > map.length || length > map.length - offset) throw new this.#api.MmapError('out-of-range');
        return map.slice(offset, offset + length);
      case 'write':
        return map.set(toBytes(bytes), offset);
      case 'move':
        return map.move(destination, source, length);
      case 'find':
        return position(map.find(toBytes(needle), start, end));
      case 'rfind':
        return position(map.rfind(toBytes(needle), start, end));
      case 'flush':
        return map.flush(offset, length);
      case 'resize':
        return map.resize(length);
      case 'advise':
        return map.advise(advice, offset, length);
      case 'start-flush':
        return map.startFlush(offset, length);
      case 'populate':
        return map.populate(offset, length);
      case 'resident':
        return map.resident(offset, length);
      case 'mlock':
        return map.mlock();
      case 'munlock':
        return map.munlock();
      case 'close':
        return map.close();
      case 'seek':
        return map.seek(offset, whence);
      case 'tell':
        return map.tell();
      case 'read-next':
        return map.read(length);
      case 'read-line':
        return map.readLine();
      case 'read-byte':
        return map.readByte();
      case 'write-next':
        return map.write(toBytes(bytes));
      case 'write-byte':
        return map.writeByte(value);
      default:
        return undefined;
    }
  }
}
