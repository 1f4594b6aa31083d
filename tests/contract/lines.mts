/** Steps and answers as the lines that guests read and write. */
import { toBytes, toText } from './steps.mjs';
import type { FileSpec, Step } from './vectors.mjs';

const toHex = (text: string): string =>
  Array.from(toBytes(text), (byte) => byte.toString(16).padStart(2, '0')).join('');

const fromHex = (digits: string): Uint8Array =>
  Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function toWord(key: string, value: unknown): string {
  const text = key === 'bytes' || key === 'needle' ? toHex(value as string) : String(value);
  return `${key}=${text}`;
}

/** Opens the file of a vector. */
export const toOpenLine = (path: string, rights: FileSpec['rights'] = 'read-write'): string =>
  `file path=${path} rights=${rights.replace('-', ',')}`;

/** Closes it, and its mappings. */
export const END_LINE = 'end';

export function toLine({ op, expect: _expect, error: _error, by: _by, ...step }: Step): string {
  return [op, ...Object.entries(step).map(([key, value]) => toWord(key, value))].join(' ');
}

/** The answer as the suite compares it: bytes arrive as `x` and hexadecimal digits. */
export function toAnswer(line: string): string {
  return line.startsWith('x') ? JSON.stringify(toText(fromHex(line.slice(1)))) : line;
}
