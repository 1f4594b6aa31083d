/** Where files live: in memory, or in the page's private part of the browser's storage (OPFS). Both are preview2-shim's. */
import {
  createFilesystem,
  InMemoryFilesystemAdapter,
  loadOpfsCapability,
  OpfsFilesystemAdapter,
  type FileData,
} from '@bytecodealliance/preview2-shim/filesystem';
import { queueFlushes, type Descriptor } from 'wasi-mmap/polyfill';
import { same } from './bytes.mjs';

const FOLDER = 'wasi-mmap';
/** The number of writes that may happen during a store. */
const ATTEMPTS = 5;

export type Filesystem = ReturnType<typeof createFilesystem>;

export interface Store {
  readonly filesystem: Filesystem;
  names(): string[];
  /** Makes the file, or replaces its bytes. */
  put(name: string, bytes: Uint8Array): void;
  /** The file as any other program of this store opens it: for reading and writing. */
  open(name: string): Descriptor;
  remove(name: string): void;
  /** Resolves when storage holds what the file does: true once that was read back, undefined where nothing is stored. */
  stored(name: string): Promise<boolean | undefined>;
  /** The last call: resolves when all bytes are stored. */
  close(): Promise<void>;
}

function over(filesystem: Filesystem, { dir = {} }: FileData, storage: Pick<Store, 'stored' | 'close'>): Store {
  const [[root] = []] = filesystem.preopens.getDirectories();
  if (!root) throw new Error('the file system has no directory');
  const open = (name: string, create = false): Descriptor =>
    root.openAt({}, name, { create, truncate: create }, { read: true, write: true });
  return {
    ...storage,
    filesystem,
    open,
    remove: (name) => root.unlinkFileAt(name),
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
  return over(filesystem, tree, { stored: async () => undefined, close: async () => undefined });
}

export async function inOpfs(): Promise<Store> {
  const handle = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  const capability = await loadOpfsCapability(handle);
  const adapter = queueFlushes(new OpfsFilesystemAdapter());
  const filesystem = createFilesystem({ adapter, preopens: { '/': capability } });
  const { dir = {} } = capability.data;
  const holds = async (name: string, bytes: Uint8Array): Promise<boolean> => {
    try {
      const kept = await (await handle.getFileHandle(name)).getFile();
      return same(new Uint8Array(await kept.arrayBuffer()), bytes);
    } catch {
      return false; // A file cannot be read while it is replaced.
    }
  };
  return over(filesystem, capability.data, {
    async stored(name) {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        await adapter.flush();
        const source = dir[name]?.source;
        if (source instanceof Uint8Array && (await holds(name, source))) return true;
      }
      return false;
    },
    close() {
      filesystem.dispose();
      return adapter.flush();
    },
  });
}
