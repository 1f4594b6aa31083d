/** Tells the user what takes long. */
import { isatty } from 'node:tty';
import { printable } from './options.mjs';
import { say } from './output.mjs';

const STDERR = 2;
/** Between two drawings of the seconds, in milliseconds. */
const TICK_MS = 100;
/** Returns to the beginning of the line, and clears the rest. */
const AGAIN = '\r\u001b[K';

/** Says that a work begins. On a terminal, also how long it has taken, until it ends. */
export async function timed<T>(message: string, work: () => Promise<T>): Promise<T> {
  const line = printable(`wasi-mmap: ${message}`);
  if (!isatty(STDERR) || process.env['TERM'] === 'dumb') {
    say(`${line}\n`);
    return work();
  }
  const start = performance.now();
  const draw = (): void => say(`${AGAIN}${line}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  draw();
  const clock = setInterval(draw, TICK_MS);
  try {
    return await work();
  } finally {
    clearInterval(clock);
    draw();
    say('\n');
  }
}
