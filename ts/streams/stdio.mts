/**
 * `wasi:cli/stdin`, `stdout` and `stderr` for Node. A guest gets the error of a write at the write, and a write waits for a
 * reader that is slow.
 */
import { cli } from '@bytecodealliance/preview2-shim';
import type { InputStream, OutputStream } from '../bindings/interfaces/wasi-io-streams.js';
import { failed, Input, Output } from './base.mjs';
import { writeFully } from './write.mjs';

const STDOUT = 1;
const STDERR = 2;

class StandardOutput extends Output {
  readonly #fd: number;
  readonly #console: NodeJS.WriteStream | undefined;

  constructor(fd: number, console: NodeJS.WriteStream) {
    super();
    this.#fd = fd;
    // On Windows a console takes text, which Node makes of the bytes.
    this.#console = process.platform === 'win32' && console.isTTY ? console : undefined;
  }

  protected put(bytes: Uint8Array): void {
    if (this.#console) {
      this.#console.write(bytes.slice());
      return;
    }
    try {
      writeFully(this.#fd, bytes);
    } catch (error) {
      failed(error);
    }
  }
}

/** The shim's own stream, whose `skip` returns what it should count. */
class StandardInput extends Input {
  readonly #shim: InputStream;

  constructor(shim: InputStream) {
    super();
    this.#shim = shim;
  }

  protected take(length: number): Uint8Array {
    return this.#shim.blockingRead(BigInt(length));
  }

  override read(length: bigint): Uint8Array {
    return this.#shim.read(length);
  }

  override blockingRead(length: bigint): Uint8Array {
    return this.#shim.blockingRead(length);
  }

  override blockingSkip(length: bigint): bigint {
    return BigInt(this.blockingRead(length).length);
  }

  override subscribe(): ReturnType<InputStream['subscribe']> {
    return this.#shim.subscribe();
  }
}

/** The interfaces `wasi:cli/stdin`, `stdout` and `stderr`. A guest may get a stream several times, and drop each. */
export function standardStreams(): Record<string, object> {
  const stdin = (cli as unknown as { stdin: { getStdin(): InputStream } }).stdin;
  return {
    'wasi:cli/stdin': { getStdin: (): InputStream => new StandardInput(stdin.getStdin()) },
    'wasi:cli/stdout': { getStdout: (): OutputStream => new StandardOutput(STDOUT, process.stdout) },
    'wasi:cli/stderr': { getStderr: (): OutputStream => new StandardOutput(STDERR, process.stderr) },
  };
}
