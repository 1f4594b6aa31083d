/** Streams of WASI 0.3 with their futures, in the forms of jco 1.35: what a guest reads, and what it writes. */

import { dispose } from '../disposable.js';

export type Done<Code> = { tag: 'ok'; val: undefined } | { tag: 'err'; val: Code };

const OK = { tag: 'ok', val: undefined } as const;

/** What a guest reads. */
export interface Source<T> {
  /** The next item, or for bytes the next part; undefined at the end. */
  next(): T | undefined | Promise<T | undefined>;
  /** Called once, when the guest has read to the end, or reads no more. */
  end?(): void;
}

/** Where the bytes go that a guest writes. */
export interface Sink {
  put(bytes: Uint8Array): void;
  /** Called once, when the guest writes no more, or after an error. */
  end?(): void;
}

/**
 * A stream of what a source gives, and a future that tells how it ended: the guest has read to the end or dropped the stream,
 * or the error of opening or reading the source.
 *
 * @param errorOf the error-code of an exception. Throws it again if it is none: then the future fails, and so the guest
 */
export function produce<T, Code>(
  errorOf: (error: unknown) => Code,
  open: () => Source<T>,
): [AsyncIterable<T>, Promise<Done<Code>>] {
  let resolve: (done: Done<Code>) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Done<Code>>((first, second) => ([resolve, reject] = [first, second]));
  promise.catch(() => undefined); // A guest may not look.
  const fail = (error: unknown): void => {
    try {
      resolve({ tag: 'err', val: errorOf(error) });
    } catch (other) {
      reject(other);
    }
  };
  let source: Source<T> | undefined;
  try {
    source = open(); // At once: the guest may drop the descriptor after the call.
  } catch (error) {
    fail(error);
  }
  const end = (): void => {
    const ended = source;
    source = undefined;
    ended?.end?.();
    resolve(OK); // Nothing if it has failed.
  };
  const stream: AsyncIterable<T> & AsyncIterator<T> = {
    [Symbol.asyncIterator]: () => stream,
    async next() {
      let value: T | undefined;
      try {
        value = await source?.next();
      } catch (error) {
        fail(error);
      }
      if (value !== undefined) return { done: false, value };
      end();
      return { done: true, value: undefined };
    },
    async return() {
      end();
      return { done: true, value: undefined };
    },
  };
  return [stream, promise];
}

/** A stream that a guest writes bytes to, as jco gives it. */
export interface ByteSource {
  read(options: { count: number }): Promise<{ value?: unknown; done: boolean }>;
}

/** The most bytes that are asked for at a time. */
const COUNT = 65536;

function toBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Uint8Array.from(Array.isArray(value) ? (value as number[]) : value === undefined ? [] : [value as number]);
}

/** The streams that guests write to, and how often bytes came out of one. */
const written = { open: 0, parts: 0 };
/** One turn of the timers has been enough for jco to pass bytes on. */
const QUIET_TURNS = 8;

/**
 * Waits until what guests have written is written. jco ends the write of a guest before the host has the bytes, and so the guest
 * may be at its end by then. A stream that a guest has left open, as at `exit`, does not keep it waiting.
 */
export async function settle(): Promise<void> {
  for (let quiet = 0; written.open > 0 && quiet < QUIET_TURNS; quiet += 1) {
    const { parts } = written;
    // oxlint-disable-next-line no-await-in-loop -- one turn after the other
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (written.parts > parts) quiet = -1;
  }
}

/** Writes what a guest gives, and tells how that ended. After an error the guest's stream is dropped. */
export async function consume<Code>(
  data: ByteSource,
  errorOf: (error: unknown) => Code,
  open: () => Sink,
): Promise<Done<Code>> {
  let sink: Sink | undefined;
  written.open += 1;
  try {
    sink = open(); // At once: the guest may drop the descriptor after the call.
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- the parts follow each other
      const { value, done } = await data.read({ count: COUNT });
      written.parts += 1;
      const bytes = toBytes(value);
      if (bytes.length > 0) sink.put(bytes);
      if (done) return OK;
    }
  } catch (error) {
    (data as Partial<Disposable>)[dispose]?.();
    return { tag: 'err', val: errorOf(error) };
  } finally {
    written.open -= 1;
    sink?.end?.();
  }
}
