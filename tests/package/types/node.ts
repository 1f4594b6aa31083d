// The functions of Node take the values that the package returns, and the package those of Node.
import { mmap, MmapError, MAX_VIEW_LENGTH, constants, type Mmap, type MmapOptions, type Source } from 'wasi-mmap';
import { createHash, webcrypto } from 'node:crypto';
import { openSync, promises, writeFileSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

export async function use(path: string): Promise<Buffer | undefined> {
  const handle = await promises.open(path);
  const sources: Source[] = [path, pathToFileURL(path), new URL('file:///data'), openSync(path, 'r'), handle, null];
  const options: MmapOptions = { length: MAX_VIEW_LENGTH, flags: constants.MAP_PRIVATE, prot: constants.PROT_READ };
  for (const source of sources) {
    const map: Mmap = mmap(source, options);
    const bytes = map.view();
    await webcrypto.subtle.digest('SHA-256', bytes);
    createHash('md5').update(bytes).update(map.slice());
    writeFileSync('copy', bytes);
    await promises.writeFile('copy', map.read());
    writeSync(1, bytes);
    gzipSync(bytes);
    Buffer.concat([bytes, map.slice()]);
    Buffer.compare(bytes, Buffer.from('text'));
    map.set(Buffer.from('text'));
    map.set(new Float64Array(1), 8n);
    map.set([1, 2, 3]);
    map.write(new DataView(new ArrayBuffer(1)));
    map.find(Buffer.alloc(1));
    map.readInto(Buffer.alloc(1));
    map[0] = (map[0] ?? 0) + 1;
    const first: number | undefined = map.at(0);
    const copied: Uint8Array = new Uint8Array(map);
    try {
      if (first === copied[0]) map.close();
    } catch (error) {
      if (error instanceof MmapError && error.code === 'closed') return Buffer.from(map.view());
      // @ts-expect-error no such code
      if (error instanceof MmapError && error.code === 'close') return undefined;
    }
  }
  return Buffer.from(mmap(path));
}
