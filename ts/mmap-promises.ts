/** The operations of {@link Mmap} that may wait for the disk, as promises. */
import { abortable, signalOf, type AsyncOptions } from './abort.js';
import { sizeOf, toBytes, toInteger, toPosition, toSearchStart, toSize, type Bytes } from './arguments.js';
import type { Backend, Background, OwnBytes, Started } from './backend.js';
import { Bytes as ByteArray, setBytes } from './intrinsics.js';

/** A part of a mapping, in bytes. */
export interface Part {
  readonly from: number;
  readonly count: number;
}

/** What a mapping lets its promises use. */
export interface Promising {
  /** Throws `closed`. */
  backend(): Backend;
  length(): number;
  cursor(): number;
  /** The part that `read(length)` would copy; the cursor moves past it. */
  take(length: number): Part;
  /** The part that `slice(start, end)` means. */
  range(start: unknown, end: unknown): Part;
  /** The part of an offset and a length, which only the backend checks. */
  extent(offset: number | bigint | undefined, length: number | bigint | undefined): Part;
  /** Calls before and after the backend changes the size. */
  resizing(length: number): void;
  resized(length: number): void;
}

/** For a backend whose every operation is a call. */
function called<T>(call: () => T): Started<T> {
  return { promise: new Promise((resolve) => resolve(call())), stop: () => undefined };
}

/**
 * The operations of a mapping that may wait for the disk: each takes the arguments of the method of its name, then options,
 * and returns a promise. In Node they run on the threads of `fs/promises`, so the event loop goes on. In a guest and over the
 * polyfill there are no such threads: they are done when the function returns.
 *
 * A promise rejects as the method throws, and with an {@link AbortError} when the `signal` of the options is aborted. Reading
 * and searching then stop; a flush goes on in the background, and a resize that has begun is finished.
 *
 * Operations can overlap each other and other uses of the mapping. Only a resize waits for the operations before it, and
 * those after it wait for the resize; methods of the mapping itself throw `busy` while it runs. After `close()`, operations
 * that have begun still finish.
 */
export class MmapPromises {
  readonly #mapping: Promising;
  readonly #running = new Set<Promise<unknown>>();
  /** Settles when the last resize has ended; never rejects. */
  #resize: Promise<void> | undefined;

  /** @internal Use `Mmap.promises`. */
  constructor(mapping: Promising) {
    this.#mapping = mapping;
  }

  /** As `Mmap.read`. The cursor moves at once. */
  async read(length?: number | bigint, options?: AsyncOptions): Promise<OwnBytes> {
    const wanted = length === undefined ? -1 : toInteger(length, 'length', 'invalid-argument');
    const signal = signalOf(options);
    return this.#copy(this.#mapping.take(wanted), signal);
  }

  /** As `Mmap.slice`. */
  async slice(start?: number | bigint, end?: number | bigint, options?: AsyncOptions): Promise<OwnBytes> {
    const signal = signalOf(options);
    return this.#copy(this.#mapping.range(start, end), signal);
  }

  async #copy({ from, count }: Part, signal: AsyncOptions['signal']): Promise<OwnBytes> {
    if (count === 0) return new ByteArray(0);
    return this.#run(
      signal,
      (backend) => backend.read(from, count) as OwnBytes,
      (background) => background.read(from, count),
    );
  }

  /** As `Mmap.find`. */
  async find(needle: Bytes, start?: number | bigint, end?: number | bigint, options?: AsyncOptions): Promise<number> {
    return this.#search('find', needle, [start, end], options);
  }

  /** As `Mmap.rfind`. */
  async rfind(needle: Bytes, start?: number | bigint, end?: number | bigint, options?: AsyncOptions): Promise<number> {
    return this.#search('rfind', needle, [start, end], options);
  }

  async #search(
    direction: 'find' | 'rfind',
    needle: Bytes,
    [start, end]: [unknown, unknown],
    options: AsyncOptions | undefined,
  ): Promise<number> {
    const given = toBytes(needle, 'needle');
    const pattern = new ByteArray(sizeOf(given));
    setBytes(pattern, given); // The caller may change it meanwhile.
    const signal = signalOf(options);
    this.#mapping.backend();
    const length = this.#mapping.length();
    const from = toSearchStart(start, length, this.#mapping.cursor());
    const to = toPosition(end, length, length, 'end');
    const found = await this.#run(
      signal,
      (backend) => backend[direction](pattern, from, to),
      (background) => background[direction](pattern, from, to),
    );
    return found ?? -1;
  }

  /** As `Mmap.flush`. */
  async flush(offset?: number | bigint, length?: number | bigint, options?: AsyncOptions): Promise<void> {
    return this.#overExtent('flush', [offset, length], options);
  }

  /** As `Mmap.populate`. */
  async populate(offset?: number | bigint, length?: number | bigint, options?: AsyncOptions): Promise<void> {
    return this.#overExtent('populate', [offset, length], options);
  }

  async #overExtent(
    operation: 'flush' | 'populate',
    [offset, length]: [number | bigint | undefined, number | bigint | undefined],
    options: AsyncOptions | undefined,
  ): Promise<void> {
    const { from, count } = this.#mapping.extent(offset, length);
    return this.#run(
      signalOf(options),
      (backend) => backend[operation](from, count),
      (background) => background[operation](from, count),
    );
  }

  /** As `Mmap.resize`. */
  async resize(length: number | bigint, options?: AsyncOptions): Promise<void> {
    const size = toSize(length, 'length', 'invalid-argument');
    const signal = signalOf(options);
    this.#mapping.backend();
    let begun = false;
    let stopped = false;
    const before = [this.#resize ?? Promise.resolve(), ...this.#running];
    const work = (async (): Promise<void> => {
      await Promise.allSettled(before);
      if (stopped) return;
      begun = true;
      this.#mapping.resizing(size); // Also if it fails: Windows unmaps a file before it refuses to truncate it.
      await this.#start(
        (backend) => backend.resize(size),
        (background) => background.resize(size),
      ).promise;
      this.#mapping.resized(size);
    })();
    const ended: Promise<void> = work.then(
      () => this.#forget(ended),
      () => this.#forget(ended),
    );
    this.#resize = ended;
    return abortable(signal, work, () => {
      stopped = !begun;
      return stopped;
    });
  }

  #forget(resize: Promise<void>): void {
    if (this.#resize === resize) this.#resize = undefined;
  }

  #start<T>(call: (backend: Backend) => T, begin: (background: Background) => Started<T>): Started<T> {
    const backend = this.#mapping.backend();
    const { background } = backend; // Made by each look.
    return background ? begin(background) : called(() => call(backend));
  }

  /** Starts an operation, after a resize that was asked for before it. */
  #run<T>(
    signal: AsyncOptions['signal'],
    call: (backend: Backend) => T,
    begin: (background: Background) => Started<T>,
  ): Promise<T> {
    let stopped = false;
    let stop = (): void => undefined;
    const resize = this.#resize; // Not a later one, which waits for this operation.
    const work = (async (): Promise<T> => {
      if (resize) await resize;
      if (stopped) return undefined as T; // Nobody waits for it.
      const started = this.#start(call, begin);
      stop = () => started.stop();
      return started.promise;
    })();
    this.#running.add(work);
    const ended = (): void => void this.#running.delete(work);
    work.then(ended, ended);
    return abortable(signal, work, () => {
      stopped = true;
      stop();
      return true;
    });
  }
}
