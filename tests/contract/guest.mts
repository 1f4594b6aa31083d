/** A guest component that runs steps of the suite in a process of a host: one line per step, one per answer. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { closeSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { openFile } from './files.mjs';
import { END_LINE, toAnswer, toLine, toOpenLine } from './lines.mjs';
import type { Session } from './runner.mjs';
import type { FileSpec, Step } from './vectors.mjs';

const ROOT = resolve('build');
/** A guest that prints nothing for so long hangs. */
const PATIENCE_MS = 60_000;

export class Guest {
  readonly #command: readonly string[];
  #process: ChildProcessByStdio<Writable, Readable, Readable> | undefined;
  #lines: AsyncIterator<string> | undefined;
  #complaints = '';

  /** @param command runs the component, with build/ as its root and /dev as /dev */
  constructor(command: readonly string[]) {
    this.#command = command;
  }

  /** Makes the file here and opens it in the guest. */
  async open(path: string, file: FileSpec): Promise<Session> {
    closeSync(openFile(path, file));
    const seen = file.kind === 'null-device' ? '/dev/null' : path;
    return this.openExisting(seen, file.rights);
  }

  /** Opens a file below build/ or /dev in the guest. */
  async openExisting(path: string, right: FileSpec['rights'] = 'read-write'): Promise<Session> {
    const seen = path.startsWith('/dev/') ? path : `/${relative(ROOT, path).replaceAll(sep, '/')}`;
    const opened = await this.#ask(toOpenLine(seen, right));
    if (opened !== 'null') throw new Error(`the guest cannot open ${seen}: ${opened}`);
    return {
      answer: async (step: Step) => toAnswer(await this.#ask(toLine(step))),
      close: async () => void (await this.#ask(END_LINE)),
    };
  }

  /** Ends the process. The next session starts another. */
  close(): void {
    this.#process?.stdin.end();
    this.#process = undefined;
  }

  async #ask(line: string): Promise<string> {
    if (!this.#process) this.#start();
    this.#process?.stdin.write(`${line}\n`);
    const child = this.#process;
    const timer = setTimeout(() => child?.kill('SIGKILL'), PATIENCE_MS);
    const answer = await this.#lines?.next();
    clearTimeout(timer);
    if (!answer || answer.done) {
      this.#process = undefined;
      throw new Error(`the guest ended at "${line.slice(0, 200)}": ${this.#complaints}`);
    }
    return answer.value;
  }

  #start(): void {
    const [program = '', ...rest] = this.#command;
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#complaints = '';
    child.stderr.on('data', (data) => (this.#complaints += data));
    child.stdin.on('error', () => undefined); // The missing answer is reported instead.
    this.#process = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }
}
