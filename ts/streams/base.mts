/**
 * Streams of `wasi:io` that do their work at once, in the thread of the guest.
 *
 * They are instances of preview2-shim's classes, so guests can have them beside the shim's own. What the classes do is
 * replaced as a whole.
 */
import { clocks } from '@bytecodealliance/preview2-shim';
import { error, streams } from '@bytecodealliance/preview2-shim/io';
import type { InputStream, OutputStream } from '../bindings/interfaces/wasi-io-streams.js';

type Pollable = ReturnType<InputStream['subscribe']>;

/** The most bytes of one read or write. */
const LARGEST = 1n << 20n;
const ZEROS = new Uint8Array(1 << 16);

// The shim declares the types of its implementation for browsers only.
const IoError = error.Error as unknown as new (payload: unknown) => Error;
const ShimInput = streams.InputStream as unknown as new () => object;
const ShimOutput = streams.OutputStream as unknown as new () => object;

/** Throws the `err` of a stream, in jco's convention. */
function fail(failure: unknown): never {
  // oxlint-disable-next-line typescript/only-throw-error -- jco's convention
  throw failure;
}

/** The end of a stream. */
export const closed = (): never => fail({ tag: 'closed' });

/** Throws an error of the system as one of `wasi:io`, which `filesystem-error-code` knows. Anything else is a trap. */
export function failed(cause: unknown): never {
  if (typeof (cause as { code?: unknown } | null)?.code !== 'string') throw cause;
  return fail({ tag: 'last-operation-failed', val: new IoError(cause) });
}

/** A pollable that is ready. */
const ready = (): Pollable => clocks.monotonicClock.subscribeDuration(0n);

const atMost = (length: bigint): number => Number(length < LARGEST ? length : LARGEST);

/** A stream whose reads take what is there, and wait if that is nothing. */
export abstract class Input extends ShimInput implements InputStream {
  /** Returns at least one byte, or throws. */
  protected abstract take(length: number): Uint8Array;

  read(length: bigint): Uint8Array {
    return length === 0n ? new Uint8Array(0) : this.take(atMost(length));
  }

  blockingRead(length: bigint): Uint8Array {
    return this.read(length);
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length);
  }

  blockingSkip(length: bigint): bigint {
    return this.skip(length);
  }

  subscribe(): Pollable {
    return ready();
  }
}

/** A stream whose writes are done when they return. */
export abstract class Output extends ShimOutput implements OutputStream {
  /** Writes all of the bytes, or throws. */
  protected abstract put(bytes: Uint8Array): void;

  checkWrite(): bigint {
    return LARGEST;
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > 0) this.put(bytes);
  }

  blockingWriteAndFlush(bytes: Uint8Array): void {
    this.write(bytes);
  }

  flush(): void {
    // Nothing waits.
  }

  blockingFlush(): void {
    this.flush();
  }

  writeZeroes(length: bigint): void {
    for (let left = Number(length); left > 0; left -= ZEROS.length) {
      this.write(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
    }
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length);
  }

  splice(source: InputStream, length: bigint): bigint {
    const bytes = source.read(length < LARGEST ? length : LARGEST);
    this.write(bytes);
    return BigInt(bytes.length);
  }

  blockingSplice(source: InputStream, length: bigint): bigint {
    const bytes = source.blockingRead(length < LARGEST ? length : LARGEST);
    this.write(bytes);
    return BigInt(bytes.length);
  }

  subscribe(): Pollable {
    return ready();
  }
}
