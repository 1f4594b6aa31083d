/** Who knows the right answers. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { answerOther, openHere } from '../contract/runner.mjs';
import type { FileSpec, Step } from '../contract/vectors.mjs';

export interface Judge {
  readonly name: string;
  /** Runs the steps on a new file. Answers as text: JSON, or `error` and its code. */
  answers(file: FileSpec, steps: Step[]): Promise<string[]>;
  close(): void;
}

type Answer = string | number | null | { error: string };

/** CPython's mmap in a process of its own. */
export class Oracle implements Judge {
  readonly name = 'CPython';
  readonly #process = spawn('python3', ['tests/contract/oracle.py', 'serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  readonly #lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();

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

/** The native mapping in this process: what it answers where CPython would die. */
export class Native implements Judge {
  readonly name = 'the native host';
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async answers(file: FileSpec, steps: Step[]): Promise<string[]> {
    const session = openHere(this.#path, file);
    try {
      const answers: string[] = [];
      for (const step of steps) answers.push(answerOther(step, this.#path) ?? (await session.answer(step)));
      return answers;
    } finally {
      await session.close();
    }
  }

  close(): void {}
}
