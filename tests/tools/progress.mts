/** How far a list of works is: a line at the end of a terminal, nothing elsewhere. */

const WIDTH = 20;
/** Returns to the beginning of the line, and clears the rest. */
const AGAIN = '\r\u001b[K';

/** A bar with the number of ended works, those that go on, and the time since the start. Long lines are cut. */
export function bar(ended: number, total: number, works: Iterable<string>, seconds: number, columns: number): string {
  const full = Math.floor((WIDTH * ended) / Math.max(total, 1));
  const time = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
  const line = `[${'#'.repeat(full)}${'-'.repeat(WIDTH - full)}] ${ended} of ${total}, ${time}: ${[...works].join(', ')}`;
  return line.slice(0, columns - 1);
}

export class Progress {
  readonly #total: number;
  readonly #works = new Set<string>();
  readonly #isShown = process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  readonly #start = Date.now();
  #ended = 0;

  constructor(total: number) {
    this.#total = total;
    if (this.#isShown) setInterval(() => this.#draw(), 1000).unref();
  }

  begin(work: string): void {
    this.#works.add(work);
    this.#draw();
  }

  end(work: string): void {
    this.#works.delete(work);
    this.#ended += 1;
    this.#draw();
  }

  /** Writes a line above the bar. */
  say(line: string): void {
    if (this.#isShown) process.stdout.write(AGAIN);
    console.log(line);
    this.#draw();
  }

  #draw(): void {
    if (!this.#isShown) return;
    const seconds = (Date.now() - this.#start) / 1000;
    const line = bar(this.#ended, this.#total, this.#works, seconds, process.stdout.columns);
    process.stdout.write(this.#ended === this.#total ? AGAIN : AGAIN + line);
  }
}
