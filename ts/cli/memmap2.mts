/** Finds a program in Rust whose crate memmap2 is the published one, which cannot map files in WASI. */
import { basename } from 'node:path';
import { printable } from './options.mjs';

/** A text of memmap2, from 0.5 on. The crates that take its place put it together when they need it. */
const WORDS = 'memory map length overflows isize';

/**
 * Warns of it. Cargo only warns that a replacement "was not used in the crate graph", where `Cargo.lock` holds an older
 * version.
 */
export function warnOfMemmap2(path: string, component: Buffer): void {
  if (!component.includes(WORDS)) return;
  const name = basename(path);
  process.stderr.write(
    printable(
      `wasi-mmap: ${name} has the crate memmap2 as published, whose maps fail in WASI: ` +
        'replace it by guest/rust/memmap2, and run "cargo update -p memmap2"\n',
    ),
  );
}
