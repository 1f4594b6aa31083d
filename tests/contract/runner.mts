/** Runs vectors: their steps on a target, and those of a second reader and writer here. */
import { closeSync, rmSync } from 'node:fs';
import * as api from 'wasi-mmap';
import { openFile, readOther, truncateOther, writeOther } from './files.mjs';
import { play } from './play.mjs';
import { Steps, toText } from './steps.mjs';
import type { FileSpec, Step, Vector } from './vectors.mjs';

/** A file on a target, with its mappings. It answers steps with JSON, or with `error` and its code. */
export interface Session {
  answer(step: Step): string | Promise<string>;
  close(): void | Promise<void>;
}

/** Opens a new file of this path on a target. */
export type OpenSession = (path: string, file: FileSpec) => Session | Promise<Session>;

export function toSession<Source>(steps: Steps<Source>, closeFile: () => void): Session {
  return {
    answer(step) {
      const answer = steps.answer(step);
      return typeof answer === 'string' ? answer : JSON.stringify(toText(answer));
    },
    close() {
      steps.close();
      closeFile();
    },
  };
}

/** The TypeScript API in this process. */
export function openHere(path: string, file: FileSpec): Session {
  const fd = openFile(path, file);
  return toSession(new Steps<number>(api, fd), () => file.kind !== 'closed' && closeSync(fd));
}

/** Reads and changes the file as another process would; undefined for other steps. */
export function answerOther({ op, ...step }: Step, path: string): string | undefined {
  const { offset, length, bytes } = step as unknown as { offset: number; length: number; bytes: string };
  if (op === 'file-read') return JSON.stringify(readOther(path, offset, length));
  if (op === 'file-write') writeOther(path, offset, bytes);
  else if (op === 'file-truncate') truncateOther(path, length);
  else return undefined;
  return 'null';
}

/** Runs the vector on a file of this path, and returns the first difference. */
export async function run(open: OpenSession, vector: Vector, path: string): Promise<string | undefined> {
  const session = await open(path, vector.file);
  try {
    const steps = play(vector, (step) => answerOther(step, path));
    let next = steps.next();
    while (!next.done) next = steps.next(await session.answer(next.value));
    return next.value;
  } finally {
    await session.close();
    rmSync(path, { recursive: true, force: true });
  }
}
