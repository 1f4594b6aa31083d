/** The C library that this process runs with: on Linux, an addon is linked for one. */
import { files } from './builtins.js';

const { closeSync, openSync, readSync } = files;

const PROGRAM_HEADER = { interpreter: 3, type: 0, offset: 8, size: 32 };

function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(fd, bytes, 0, length, offset);
  return bytes;
}

/** The program that loads the libraries of an executable, as its ELF header names it. Throws if it is no such file. */
function interpreterOf(executable: string): string {
  const fd = openSync(executable, 'r');
  try {
    const header = readAt(fd, 0, 64);
    if (header.readUInt32BE(0) !== 0x7f454c46) return ''; // A script.
    const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
    const table = readAt(fd, Number(header.readBigUInt64LE(32)), size * count);
    for (let at = 0; at < table.length; at += size) {
      if (table.readUInt32LE(at + PROGRAM_HEADER.type) !== PROGRAM_HEADER.interpreter) continue;
      const [offset, length] = [PROGRAM_HEADER.offset, PROGRAM_HEADER.size].map((field) =>
        Number(table.readBigUInt64LE(at + field)),
      ) as [number, number];
      return readAt(fd, offset, length).toString('latin1');
    }
    return '';
  } finally {
    closeSync(fd);
  }
}

/** The version of glibc. Undefined with another C library, and where it is not told. It takes milliseconds. */
export function glibcVersion(): string | undefined {
  return fromReport().version;
}

function fromReport(): { version?: string | undefined; told: boolean } {
  try {
    const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
    return { version: header.glibcVersionRuntime, told: true };
  } catch {
    return { told: false }; // Deno makes no report without --allow-sys.
  }
}

/** The C library of this process, on Linux. */
export function libc(): 'glibc' | 'musl' {
  try {
    const interpreter = interpreterOf(process.execPath);
    if (interpreter.includes('/ld-musl-')) return 'musl';
    if (interpreter.includes('/ld-linux-')) return 'glibc';
  } catch {
    // A file can be executable and not readable, and --permission can forbid to read it.
  }
  const { version, told } = fromReport();
  return told && version === undefined ? 'musl' : 'glibc';
}
