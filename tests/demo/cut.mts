/** Cutting a mapped file: the lost pages are an error, and the rest stays readable. */
import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { mmap, MmapError } from 'wasi-mmap';
import { TITLES, type DemoGuest } from './guests.mjs';

/** Prints what happens here and in guests. Returns the number of wrong answers. */
export async function cutFile(folder: string, input: string, guests: readonly DemoGuest[]): Promise<number> {
  let wrong = 0;
  const path = join(folder, 'cut');
  const cut = (): void => {
    execFileSync(process.execPath, ['-e', 'require("fs").truncateSync(process.argv[1], 1)', path]);
  };
  copyFileSync(input, path);
  const map = mmap(path, 0, 'read');
  cut();
  try {
    console.log(`  WRONG: at(-1) gave ${map.at(-1)}`);
    wrong += 1;
  } catch (error) {
    if (!(error instanceof MmapError) || error.code !== 'fault') throw error;
    console.log(`  ${error.name}: ${error.message}\n  and the first byte can still be read: ${map.at(0)}`);
  }
  const offset = map.length - 1;
  map.close();
  for (const { language, host, guest } of guests) {
    copyFileSync(input, path);
    const session = await guest.openExisting(path);
    await session.answer({ op: 'mmap', access: 'read', length: 0, offset: 0 });
    cut();
    const answer = await session.answer({ op: 'read', offset, length: 1 });
    await session.close();
    const isRight = answer === 'error fault';
    if (!isRight) wrong += 1;
    console.log(`  ${isRight ? '' : 'WRONG: '}a guest in ${TITLES[language]}, ${host}: ${answer}`);
  }
  return wrong;
}
