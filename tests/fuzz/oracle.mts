/** CPython's mmap in a process of its own, which answers lists of steps. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { FileSpec, Step } from '../contract/vectors.mjs';

type Answer = string | number | null | { error: string };

export class Oracle {
  readonly #process = spawn('python3', ['tests/contract/oracle.py', 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  readonly #lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();

  /** Runs the steps on a new file. Answers as text: JSON, or `error` and its code. */
  async answers(file: FileSpec, steps: Step[]): Promise<string[]> {
    this.#process.stdin.write(`${JSON.stringify([{ op: 'start', file }, ...steps])}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`CPython ended: ${this.#process.signalCode ?? this.#process.exitCode}`);
    const [, ...answers] = JSON.parse(value) as Answer[];
    return answers.map((answer) =>
      answer !== null && typeof answer === 'object' ? `error ${answer.error}` : JSON.stringify(answer),
    );
  }

  close(): void {
    this.#process.stdin.end();
  }
}
