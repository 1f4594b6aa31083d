/** Reads the component that the command runs. */
import { open, type FileHandle } from 'node:fs/promises';
import { UsageError } from './options.mjs';

/** The largest component, in bytes: the module that checks it needs several times its size as memory. */
const LARGEST = 192 << 20;
const HEADER = 8;

function checkHeader(path: string, bytes: Buffer): void {
  // "\0asm", then the version: 1 and layer 0 for a module, 13 and layer 1 for a component.
  if (bytes.length < HEADER || bytes.readUInt32LE(0) !== 0x6d736100)
    throw new UsageError(`${path} is not WebAssembly`, false);
  if (bytes.readUInt16LE(6) !== 1) {
    throw new UsageError(
      `${path} is a core module, not a component: make one of it with "wasm-tools component new"`,
      false,
    );
  }
}

/** Reads to the end, but not without a limit. Pipes and devices do not tell their size. */
async function readAll(path: string, file: FileHandle): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  let room = Math.min((await file.stat()).size, LARGEST) + 1;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(room), 0, room, null);
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    // A file that is not a component is not read to its end.
    if (length < HEADER && length + bytesRead >= HEADER) checkHeader(path, Buffer.concat(chunks));
    length += bytesRead;
    if (length > LARGEST) throw new UsageError(`${path} is larger than ${LARGEST >> 20} MiB`, false);
    room = 1 << 20;
  }
  return Buffer.concat(chunks, length);
}

export async function readComponent(path: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const bytes = await readAll(path, file);
    checkHeader(path, bytes);
    return bytes;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(code === 'ENOENT' ? `no such file: ${path}` : `cannot read ${path}: ${code}`, false);
  } finally {
    await file?.close();
  }
}
