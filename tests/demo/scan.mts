/** SQLite in a component, unmodified: a scan of a table with and without mmap. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HERE, makeTable, scan } from '../programs/c/timings.mjs';

export interface ScanRow {
  where: string;
  answer: string;
  without: number;
  mapped: number;
}

/** In milliseconds. The answers of all rows must be equal. */
export function scans(root: string): ScanRow[] {
  const folder = join(root, 'sqlite');
  mkdirSync(folder);
  makeTable(folder);
  return ['node', 'wasmtime', HERE].map((host) => {
    const without = scan(host, folder, false);
    const mapped = scan(host, folder, true);
    const answer = without.answer === mapped.answer ? mapped.answer : `${without.answer}, mapped ${mapped.answer}`;
    return { where: host, answer, without: without.milliseconds, mapped: mapped.milliseconds };
  });
}
