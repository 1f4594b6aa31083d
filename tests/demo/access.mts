/** The access table: the effects of reads and writes with each of the three kinds of access. */
import { closeSync, openSync, readSync } from 'node:fs';
import { mmap, MmapError, type Access } from 'wasi-mmap';
import type { Session } from '../contract/runner.mjs';

/** The bytes that are written into the file, and their offset. */
export const OFFSET = 5000;
export const MARK = 'MAPPED';

export const QUESTIONS = [
  'a read saw',
  'an attempted write',
  'the mapping then holds',
  'another mapping sees',
  'another reader sees',
  'a store into a view',
  'the file holds after close',
] as const;

export type Answers = Record<(typeof QUESTIONS)[number], string>;

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function readFile(path: string): string {
  const fd = openSync(path, 'r');
  const buffer = Buffer.alloc(MARK.length);
  readSync(fd, buffer, 0, buffer.length, OFFSET);
  closeSync(fd);
  return text(buffer);
}

/** Whether bytes are those of the file, the mark, or neither. */
function name(bytes: string, before: string): string {
  return bytes === before ? 'the old bytes' : bytes === MARK ? 'the new bytes' : `neither: ${JSON.stringify(bytes)}`;
}

/** Maps the file with one access, tries everything, and returns the results. The file may change. */
export function ask(path: string, access: Access): Answers {
  const before = readFile(path);
  const map = mmap(path, 0, access);
  const other = mmap(path, 0, 'read');
  const part = (mapping: typeof map): string => name(text(mapping.slice(OFFSET, OFFSET + MARK.length)), before);
  const saw = part(map);
  let attempt = 'stored';
  try {
    map.set(MARK, OFFSET);
  } catch (error) {
    attempt = error instanceof MmapError ? error.code : String(error);
  }
  const holds = part(map);
  const seen = part(other);
  const read = name(readFile(path), before);
  const view = map.view(OFFSET, OFFSET + MARK.length);
  view.set(Buffer.from(MARK));
  const store =
    text(view) !== MARK ? 'is lost' : part(map) === 'the new bytes' ? 'reaches the mapping' : 'stays in the view';
  map.close();
  other.close();
  return {
    'a read saw': saw,
    'an attempted write': attempt,
    'the mapping then holds': holds,
    'another mapping sees': seen,
    'another reader sees': read,
    'a store into a view': store,
    'the file holds after close': name(readFile(path), before),
  };
}

/** The same through a guest, which has no views. */
export async function askGuest(
  open: (path: string) => Promise<Session>,
  path: string,
  access: Access,
): Promise<Answers> {
  const before = readFile(path);
  const session = await open(path);
  const part = async (map: string): Promise<string> =>
    name(JSON.parse(await session.answer({ op: 'read', map, offset: OFFSET, length: MARK.length })) as string, before);
  await session.answer({ op: 'mmap', map: 'm', access, length: 0, offset: 0 });
  await session.answer({ op: 'mmap', map: 'other', access: 'read', length: 0, offset: 0 });
  const saw = await part('m');
  const attempt = await session.answer({ op: 'write', map: 'm', offset: OFFSET, bytes: MARK });
  const holds = await part('m');
  const seen = await part('other');
  const read = name(readFile(path), before);
  await session.close();
  return {
    'a read saw': saw,
    'an attempted write': attempt === 'null' ? 'stored' : attempt.replace('error ', ''),
    'the mapping then holds': holds,
    'another mapping sees': seen,
    'another reader sees': read,
    'a store into a view': 'no views',
    'the file holds after close': name(readFile(path), before),
  };
}

/** The results by the contract. */
export const CONTRACT: Record<Access, Answers> = {
  read: {
    'a read saw': 'the old bytes',
    'an attempted write': 'read-only',
    'the mapping then holds': 'the old bytes',
    'another mapping sees': 'the old bytes',
    'another reader sees': 'the old bytes',
    'a store into a view': 'stays in the view',
    'the file holds after close': 'the old bytes',
  },
  copy: {
    'a read saw': 'the old bytes',
    'an attempted write': 'stored',
    'the mapping then holds': 'the new bytes',
    'another mapping sees': 'the old bytes',
    'another reader sees': 'the old bytes',
    'a store into a view': 'reaches the mapping',
    'the file holds after close': 'the old bytes',
  },
  write: {
    'a read saw': 'the old bytes',
    'an attempted write': 'stored',
    'the mapping then holds': 'the new bytes',
    'another mapping sees': 'the new bytes',
    'another reader sees': 'the new bytes',
    'a store into a view': 'reaches the mapping',
    'the file holds after close': 'the new bytes',
  },
};
