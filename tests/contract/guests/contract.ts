/** Runs steps of the suite in a guest: reads a line, prints the answer. `tests/contract/guest.mts` drives it. */
import { getStdin } from 'wasi:cli/stdin@0.2.12';
import * as api from 'wasi-mmap/guest';
import { Steps, type Api } from '../steps.mts';

const TEXTS = new Set(['access', 'sharing', 'advice', 'map', 'anonymous', 'path', 'rights']);

function fromHex(digits: string): string {
  return (digits.match(/../g) ?? []).map((pair) => String.fromCharCode(Number.parseInt(pair, 16))).join('');
}

function toValue(key: string, text: string): unknown {
  if (key === 'bytes' || key === 'needle') return fromHex(text);
  if (key === 'protection') return text.split(',');
  return TEXTS.has(key) ? text : Number(text);
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Bytes as `x` and hexadecimal digits; other answers as they are. */
function toLine(answer: string | Uint8Array): string {
  return typeof answer === 'string' ? answer : `x${Array.from(answer, (byte) => DIGITS[byte]).join('')}`;
}

function* readLines(): Generator<string> {
  const input = getStdin();
  let rest = '';
  for (;;) {
    let bytes: Uint8Array;
    try {
      bytes = input.blockingRead(65536n);
    } catch {
      return; // The stream is closed.
    }
    const lines = (rest + String.fromCharCode(...bytes)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

let file: api.Descriptor | undefined;
let steps: Steps<api.Descriptor> | undefined;

function answerLine(line: string): string {
  const [op = '', ...words] = line.split(' ');
  const step: Record<string, unknown> = { op };
  for (const word of words) {
    const at = word.indexOf('=');
    step[word.slice(0, at)] = toValue(word.slice(0, at), word.slice(at + 1));
  }
  if (op === 'end') {
    steps?.close();
    (file as Partial<Disposable> | undefined)?.[Symbol.dispose]?.();
    return 'null';
  }
  if (op !== 'file') return toLine(steps?.answer(step) ?? 'no file');
  const { path, rights } = step as { path: string; rights: string };
  file = api.open(path, { read: rights.includes('read'), write: rights.includes('write') });
  steps = new Steps(api as unknown as Api<api.Descriptor>, file);
  return 'null';
}

export const run = {
  run(): void {
    for (const line of readLines()) console.log(answerLine(line));
  },
};
