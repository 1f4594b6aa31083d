/** The parts of `wasi:cli` that a command needs: arguments, output and an exit code. */
import { getArguments } from 'wasi:cli/environment@0.2.12';
import { exitWithCode } from 'wasi:cli/exit@0.2.12';
import { getStderr } from 'wasi:cli/stderr@0.2.12';
import { getStdout } from 'wasi:cli/stdout@0.2.12';

const encoder = new TextEncoder();
const LIMIT = 4096; // The most that blockingWriteAndFlush takes at once.
let pending: Uint8Array[] = [];
let size = 0;

/** Writes the pending bytes. */
function flush(): void {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of pending) {
    bytes.set(part, at);
    at += part.length;
  }
  pending = [];
  size = 0;
  const output = getStdout();
  for (let start = 0; start < bytes.length; start += LIMIT) {
    output.blockingWriteAndFlush(bytes.subarray(start, start + LIMIT));
  }
}

export function writeBytes(bytes: Uint8Array): void {
  pending.push(bytes);
  size += bytes.length;
  if (size > 64 * 1024) flush();
}

export function writeText(text: string): void {
  writeBytes(encoder.encode(text));
}

/** Writes a line to the error output, after the pending bytes. Returns the exit code for errors. */
export function writeError(text: string): number {
  flush();
  getStderr().blockingWriteAndFlush(encoder.encode(`${text}\n`));
  return 2;
}

/** The export `wasi:cli/run`, for a function from arguments to an exit code. */
export function main(call: (words: string[]) => number): { run(): void } {
  return {
    run() {
      const code = call(getArguments().slice(1));
      flush();
      if (code !== 0) exitWithCode(code);
    },
  };
}
