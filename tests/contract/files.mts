/** The files of vectors, and their second reader and writer. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { toBytes, toText } from './steps.mjs';
import type { FileSpec } from './vectors.mjs';

/** Makes the file and opens it as the vector says. */
export function openFile(path: string, { text = '', repeat, size = 0, kind, rights = 'read-write' }: FileSpec): number {
  if (kind === 'directory') mkdirSync(path);
  else if (kind === 'pipe') execFileSync('mkfifo', [path]);
  else if (kind !== 'null-device') writeFileSync(path, toBytes(repeat ? repeat.repeat(size).slice(0, size) : text));
  const flags = { read: 'r', write: 1 /* O_WRONLY */, 'read-write': 'r+' }[rights];
  const fd = openSync(kind === 'null-device' ? '/dev/null' : path, flags);
  if (kind === 'closed') closeSync(fd);
  return fd;
}

function withFile<T>(path: string, flags: string, call: (fd: number) => T): T {
  const fd = openSync(path, flags);
  try {
    return call(fd);
  } finally {
    closeSync(fd);
  }
}

export const readOther = (path: string, offset: number, length: number): string =>
  withFile(path, 'r', (fd) => {
    const buffer = Buffer.alloc(length);
    return toText(buffer.subarray(0, readSync(fd, buffer, 0, length, offset)));
  });

export const writeOther = (path: string, offset: number, text: string): void =>
  withFile(path, 'r+', (fd) => {
    const bytes = toBytes(text);
    writeSync(fd, bytes, 0, bytes.length, offset); // With a length of null, Bun 1.4 ignores the offset.
  });

export const truncateOther = (path: string, size: number): void => truncateSync(path, size);
