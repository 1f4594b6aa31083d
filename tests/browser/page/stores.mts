/** Where files live: in memory, or in the page's private part of the browser's storage (OPFS). Both are preview2-shim's. */
import {
  createFilesystem,
  InMemoryFilesystemAdapter,
  loadOpfsCapability,
  OpfsFilesystemAdapter,
  type FileData,
} from '@bytecodealliance/preview2-shim/filesystem';
import type { Descriptor } from 'wasi-mmap/polyfill';
import { same } from './bytes.mjs';

const FOLDER = 'wasi-mmap';
/** How often storage is looked at until it holds what it should, and how often it is told to. */
const LOOKS = 100;
const LOOKS_PER_FLUSH = 20;
const PAUSE_MS = 100;

export type Filesystem = ReturnType<typeof createFilesystem>;

export interface Store {
  readonly filesystem: Filesystem;
  names(): string[];
  /** Makes the file, or replaces what it holds. */
  put(name: string, bytes: Uint8Array): void;
  /** The file as any other program of this store opens it: for reading and writing. */
  open(name: string): Descriptor;
  remove(name: string): void;
  /** The last thing that is done with it. */
  close(): void;
  /** Resolves when storage holds what the file does: true once that was read back, undefined where nothing is stored. */
  stored(name: string): Promise<boolean | undefined>;
}

function over(filesystem: Filesystem, { dir = {} }: FileData, stored: Store['stored']): Store {
  const [[root] = []] = filesystem.preopens.getDirectories();
  if (!root) throw new Error('the file system has no directory');
  const open = (name: string, create = false): Descriptor =>
    root.openAt({}, name, { create, truncate: create }, { read: true, write: true });
  return {
    filesystem,
    stored,
    open,
    remove: (name) => root.unlinkFileAt(name),
    close: () => filesystem.dispose(),
    names: () => Object.keys(dir).filter((name) => dir[name]?.source !== undefined),
    put(name, bytes) {
      const file = open(name, true);
      file.setSize(BigInt(bytes.length));
      for (let done = 0; done < bytes.length;) done += Number(file.write(bytes.subarray(done), BigInt(done)));
    },
  };
}

export function inMemory(): Store {
  const tree: FileData = { dir: {} };
  const filesystem = createFilesystem({ adapter: new InMemoryFilesystemAdapter(), preopens: { '/': tree } });
  return over(filesystem, tree, async () => undefined);
}

export async function inOpfs(): Promise<Store> {
  const handle = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  const capability = await loadOpfsCapability(handle);
  const adapter = new OpfsFilesystemAdapter();
  const filesystem = createFilesystem({ adapter, preopens: { '/': capability } });
  const { dir = {} } = capability.data;
  /** Whether a file of storage holds these bytes. It cannot be read while the shim replaces it. */
  const holds = async (name: string, bytes: Uint8Array): Promise<boolean> => {
    try {
      const kept = await (await handle.getFileHandle(name)).getFile();
      return kept.size === bytes.length && same(new Uint8Array(await kept.arrayBuffer()), bytes);
    } catch {
      return false;
    }
  };
  return over(filesystem, capability.data, async (name) => {
    for (let looks = 1; looks <= LOOKS; looks += 1) {
      const source = dir[name]?.source;
      if (source instanceof Uint8Array && (await holds(name, source))) return true;
      await new Promise((done) => setTimeout(done, PAUSE_MS));
      // It stores by itself after a change. Where two of its flushes meet, the older bytes may win.
      if (looks % LOOKS_PER_FLUSH === 0) await adapter.flush();
    }
    return false;
  });
}
