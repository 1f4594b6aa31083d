/** The streams of files. */
import { fstatSync, readSync, writeSync } from 'node:fs';
import { dispose } from '../disposable.js';
import { closed, failed, Input, Output } from '../streams/base.mjs';
import type { OpenFile } from './open-file.mjs';

/** The largest position that Node writes at. No file system of today has files of this size. */
export const LAST_POSITION = BigInt(Number.MAX_SAFE_INTEGER);

/** Writes all bytes where the function says, by `position`. A null position is where the file is, or its end. */
export function writeAll(fd: number, bytes: Uint8Array, position: number | null): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(fd, bytes, at, bytes.length - at, position === null ? null : position + at);
  }
}

const isPipe = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === 'ESPIPE';

/** Reads bytes at a position; from a pipe or a terminal the next ones. */
export function readAt(fd: number, bytes: Uint8Array, position: bigint): number {
  try {
    const at = position <= LAST_POSITION ? Number(position) : position;
    return readSync(fd, bytes, 0, bytes.length, at);
  } catch (error) {
    if (!isPipe(error)) throw error;
    return readSync(fd, bytes, 0, bytes.length, null);
  }
}

/** How often streams of one descriptor have written. */
export interface Written {
  times: number;
}

/**
 * A stream of the bytes from a position on. After the end it looks again, as a program expects that follows a file. After a
 * write to the same descriptor it does not: C libraries have one position for both, of which the stream knows nothing.
 */
export class FileInput extends Input {
  readonly #file: OpenFile;
  readonly #written: Written;
  #position: bigint;
  /** The number of writes when the end was met. */
  #ended: number | undefined;

  constructor(file: OpenFile, position: bigint, written: Written) {
    super();
    this.#file = file;
    this.#written = written;
    this.#position = position;
    file.keep(this);
  }

  protected take(length: number): Uint8Array {
    if (this.#ended !== undefined && this.#ended !== this.#written.times) closed();
    const bytes = new Uint8Array(length);
    let count: number;
    try {
      count = readAt(this.#file.fd, bytes, this.#position);
    } catch (error) {
      return failed(error);
    }
    this.#ended = count === 0 ? this.#written.times : undefined;
    if (count === 0) closed();
    this.#position += BigInt(count);
    return bytes.subarray(0, count);
  }

  [dispose](): void {
    this.#file.drop(this);
  }
}

/** A stream to a position, or to the end of the file. After an error it tries again. */
export class FileOutput extends Output {
  readonly #file: OpenFile;
  readonly #written: Written;
  /** Undefined: the end of the file. */
  #position: bigint | undefined;

  constructor(file: OpenFile, position: bigint | undefined, written: Written) {
    super();
    this.#file = file;
    this.#written = written;
    this.#position = position;
    file.keep(this);
  }

  protected put(bytes: Uint8Array): void {
    this.#written.times += 1;
    try {
      if (this.#position === undefined) this.#append(bytes);
      else this.#write(bytes, this.#position);
    } catch (error) {
      failed(error);
    }
  }

  #append(bytes: Uint8Array): void {
    const fd = this.#file.appending();
    if (fd !== undefined) writeAll(fd, bytes, null);
    else this.#writeAt(bytes, fstatSync(this.#file.fd, { bigint: true }).size);
  }

  #write(bytes: Uint8Array, position: bigint): void {
    this.#writeAt(bytes, position);
    this.#position = position + BigInt(bytes.length);
  }

  #writeAt(bytes: Uint8Array, position: bigint): void {
    if (position > LAST_POSITION) throw Object.assign(new Error('past all files'), { code: 'EFBIG' });
    try {
      writeAll(this.#file.fd, bytes, Number(position));
    } catch (error) {
      if (!isPipe(error)) throw error;
      writeAll(this.#file.fd, bytes, null);
    }
  }

  [dispose](): void {
    this.#file.drop(this);
  }
}
