/**
 * Maps files by descriptors of preview3-shim, and prints what comes of it as JSON: mappings.mjs FOLDER. A program of its own,
 * because it needs Node 24.20 or newer.
 */
import * as filesystem from '@bytecodealliance/preview3-shim/filesystem';
import { createFilesystem, getImportObject, toFilesystemP3 } from 'wasi-mmap/host';

type Rights = { read?: boolean; write?: boolean };
interface Descriptor {
  openAt(at: object, path: string, open: object, flags: Rights): Promise<Descriptor>;
  [Symbol.dispose](): void;
}
interface Mapping {
  read(offset: bigint, length: bigint): Uint8Array;
}
type Mmap = (file: Descriptor, length: bigint, access: string, offset: bigint) => Mapping;

const [folder = ''] = process.argv.slice(2);
const shim = filesystem as unknown as {
  _setPreopens(preopens: Record<string, string>): void;
  preopens: { getDirectories(): Array<[Descriptor, string]> };
};
shim._setPreopens({ '/': folder }); // oxlint-disable-line no-underscore-dangle -- the shim's name
const own = toFilesystemP3(createFilesystem([{ host: folder, guest: '/' }]));
const roots = {
  shim: shim.preopens.getDirectories(),
  own: own.preopens.getDirectories() as unknown as Array<[Descriptor, string]>,
};

const { mmap } = getImportObject()['wasi-mmap:mmap/mapping'] as unknown as { mmap: Mmap };
function outcome(file: Descriptor, access: string): string {
  try {
    return Buffer.from(mmap(file, 0n, access, 0n).read(0n, 6n)).toString();
  } catch (error) {
    return typeof error === 'string' ? error : (error as Error).message;
  }
}

const results: Record<string, Record<string, string>> = {};
for (const [name, [entry]] of Object.entries(roots)) {
  const [root] = entry as [Descriptor, string];
  const said: Record<string, string> = (results[name] = { root: outcome(root, 'read') });
  for (const [rights, flags] of Object.entries({
    r: { read: true },
    w: { write: true },
    rw: { read: true, write: true },
  })) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const file = await root.openAt({}, 'file', {}, flags);
    for (const access of ['read', 'copy', 'write']) said[`${rights} ${access}`] = outcome(file, access);
    file[Symbol.dispose]();
    if (rights === 'r') said['closed'] = outcome(file, 'read');
  }
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  said['folder'] = outcome(await root.openAt({}, 'sub', {}, { read: true }), 'read');
}
process.stdout.write(JSON.stringify(results), () => process.exit());
