/** Runs vectors of the contract through the TypeScript API. */
import { closeSync, rmSync } from 'node:fs';
import { constants, mmap, MmapError, type Access, type Advice, type Mmap } from 'wasi-mmap';
import { openFile, readOther, toBytes, toText, truncateOther, writeOther } from './files.mjs';
import type { FileSpec, Step, Vector } from './vectors.mjs';

const RIGHTS = { read: constants.PROT_READ, write: constants.PROT_WRITE, execute: constants.PROT_EXEC };

type Numbers = 'length' | 'offset' | 'destination' | 'source' | 'start' | 'end' | 'whence' | 'value';

interface Arguments extends Record<Numbers, number>, Record<'bytes' | 'needle', string> {
  anonymous?: true;
  access: Access;
  sharing: 'shared' | 'private';
  protection: (keyof typeof RIGHTS)[];
  advice: Advice;
}

/** The array-like API has no positional read but `slice`, which cuts a range that the contract refuses. */
function read(map: Mmap, offset: number, length: number): string {
  if (offset > map.length || length > map.length - offset) throw new MmapError('out-of-range');
  return toText(map.slice(offset, offset + length));
}

function open(op: string, fd: number, { anonymous, length, offset, access, sharing, protection }: Arguments): Mmap {
  if (op === 'mmap') return mmap(anonymous ? null : fd, length, access, offset);
  const prot = protection.reduce((sum, right) => sum | RIGHTS[right], 0);
  return mmap(fd, { length, offset, prot, flags: sharing === 'shared' ? constants.MAP_SHARED : constants.MAP_PRIVATE });
}

const position = (found: number): number | null => (found < 0 ? null : found);

const OPERATIONS: Record<string, (map: Mmap, step: Arguments, path: string) => unknown> = {
  length: (map) => map.length,
  access: (map) => map.access,
  'file-size': (map) => map.size(),
  read: (map, { offset, length }) => read(map, offset, length),
  write: (map, { bytes, offset }) => map.set(toBytes(bytes), offset),
  move: (map, { destination, source, length }) => map.move(destination, source, length),
  find: (map, { needle, start, end }) => position(map.find(toBytes(needle), start, end)),
  rfind: (map, { needle, start, end }) => position(map.rfind(toBytes(needle), start, end)),
  flush: (map, { offset, length }) => map.flush(offset, length),
  resize: (map, { length }) => map.resize(length),
  advise: (map, { advice, offset, length }) => map.advise(advice, offset, length),
  close: (map) => map.close(),
  seek: (map, { offset, whence }) => map.seek(offset, whence),
  tell: (map) => map.tell(),
  'read-next': (map, { length }) => toText(map.read(length)),
  'read-line': (map) => toText(map.readLine()),
  'read-byte': (map) => map.readByte(),
  'write-next': (map, { bytes }) => map.write(toBytes(bytes)),
  'write-byte': (map, { value }) => map.writeByte(value),
  'file-read': (_map, { offset, length }, path) => readOther(path, offset, length),
  'file-write': (_map, { offset, bytes }, path) => writeOther(path, offset, bytes),
  'file-truncate': (_map, { length }, path) => truncateOther(path, length),
};

/** A file that answers steps, with its mappings: with JSON, or `error` and its code. */
export type Session = { answer(step: Step): string; close(): void };

export function openSession(path: string, file: FileSpec): Session {
  const fd = openFile(path, file);
  const maps = new Map<string, Mmap>();
  return {
    answer(step) {
      const { op, map = 'm' } = step;
      const args = step as unknown as Arguments;
      try {
        if (op.startsWith('mmap')) maps.set(map, open(op, fd, args));
        return JSON.stringify(OPERATIONS[op]?.(maps.get(map) as Mmap, args, path) ?? null);
      } catch (error) {
        return error instanceof MmapError ? `error ${error.code}` : String(error);
      }
    },
    close() {
      for (const map of maps.values()) map.close();
      if (file.kind !== 'closed') closeSync(fd);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Runs the vector on a file of this path, and tells the first difference. */
export function run(vector: Vector, path: string): string | undefined {
  const session = openSession(path, vector.file);
  try {
    for (const [index, step] of vector.steps.entries()) {
      const expected = step.error ? `error ${step.error}` : JSON.stringify(step.expect ?? null);
      const got = session.answer(step);
      if (got !== expected) return `step ${index}, ${step.op}: ${got}, not ${expected}`;
    }
    return undefined;
  } finally {
    session.close();
  }
}
