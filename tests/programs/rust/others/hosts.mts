/** The hosts of components that published programs are tried on, as commands that run one. */
import { resolve } from 'node:path';

const node = [process.execPath, resolve('dist/cli/main.mjs'), 'run'];
const wasmtime = [resolve('build/wasmtime/wasi-mmap'), 'run'];

export const HOSTS: Record<string, string[]> = {
  'node, spans': node,
  'node, polyfill': [...node, '--no-native'],
  'wasmtime, spans': wasmtime,
  'wasmtime, polyfill': [...wasmtime, '--no-native'],
};

/** Prints a table in Markdown, whose columns are the keys of the first row. */
export function printTable(rows: Array<Record<string, string | number>>): void {
  const columns = Object.keys(rows[0] ?? {});
  for (const cells of [columns, columns.map(() => '---'), ...rows.map((row) => columns.map((name) => row[name]))]) {
    console.log(`| ${cells.join(' | ')} |`);
  }
}
