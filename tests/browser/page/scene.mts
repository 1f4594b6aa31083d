/** The state of the page: a file, two mappings of it in the guest, and the bytes that each observer sees. */
import type { Descriptor } from 'wasi-mmap/polyfill';
import { sampleFile, toOffset } from './bytes.mjs';
import { checked, find } from './dom.mjs';
import { codeOf, startViewer, type Access, type View, type Viewer } from './guest.mjs';
import { Pane, rowCount, WIDTH, windowSize, type Marks, type Row } from './pane.mjs';
import { inMemory, inOpfs, type Store } from './stores.mjs';
import { Talk } from './talk.mjs';

export interface Mapped {
  mapping: View;
  second: View;
  access: Access;
  length: number;
}

const memory = inMemory();
const panes = { mapping: new Pane(find('mapping')), second: new Pane(find('second')), file: new Pane(find('file')) };

export class Scene {
  readonly talk = new Talk(find('status'), find('log'));
  readonly marks: Marks = { original: new Uint8Array(0), found: undefined, cursor: 0 };
  mapped: Mapped | undefined;
  #store: Store = memory;
  #viewer: Viewer | undefined;
  #name = '';
  #file: Descriptor | undefined;
  /** The offset of the window. */
  #start = 0;

  /** The file, as another program has it open. */
  get file(): Descriptor | undefined {
    return this.#file;
  }

  get size(): number {
    return this.#file ? Number(this.#file.stat().size) : 0;
  }

  /** The last position of the cursor. */
  get end(): number {
    return this.mapped?.length ?? this.size;
  }

  /** The bytes that another program reads. */
  readFile(offset: number, length: number): Uint8Array {
    return this.#file?.read(BigInt(length), BigInt(offset))[0] ?? new Uint8Array(0);
  }

  /** Opens a file in the chosen file system. */
  async useStore(): Promise<void> {
    this.unmap();
    if (this.#store !== memory) await this.#store.close();
    this.#store = memory;
    if (checked('store') === 'opfs') this.#store = await inOpfs();
    this.#viewer = await startViewer(this.#store.filesystem);
    this.#useAny();
  }

  #useAny(): void {
    if (this.#store.names().length === 0) this.#store.put('sample.txt', sampleFile());
    this.use(this.#store.names()[0] ?? '');
  }

  async add(given: File | undefined): Promise<void> {
    if (!given) return;
    const bytes = new Uint8Array(await given.arrayBuffer());
    this.unmap();
    this.#store.put(given.name, bytes);
    this.use(given.name);
  }

  remove(): void {
    this.unmap();
    this.#store.remove(this.#name);
    this.#useAny();
  }

  use(name: string): void {
    this.unmap();
    this.#name = name;
    this.#file = this.#store.open(name);
    this.marks.cursor = 0;
    const options = this.#store.names().map((each) => new Option(each, each, false, each === name));
    find('name').replaceChildren(...options);
    this.map();
  }

  /** Maps the file twice: with the chosen access, and to observe it. */
  map(): void {
    this.unmap();
    const { talk, marks } = this;
    marks.original = this.readFile(0, this.size);
    marks.found = undefined;
    const access = checked('access') as Access;
    const path = `/${this.#name}`;
    const open = (who: string, what: Access): View | undefined =>
      talk.call(who, `mmap("${path}", ${what})`, () => this.#viewer?.open(path, what))?.result;
    const mapping = open('this', access);
    const second = mapping && open('second', 'read');
    if (mapping && second) {
      this.mapped = { mapping, second, access, length: Number(mapping.length()) };
      talk.say(`${this.#name} is mapped, access ${access}: ${this.mapped.length.toLocaleString('en')} bytes.`);
    }
    this.goTo(Math.min(marks.cursor, Math.max(this.end - 1, 0)));
    void this.showStored();
  }

  unmap(): void {
    this.mapped?.mapping[Symbol.dispose]?.();
    this.mapped?.second[Symbol.dispose]?.();
    this.mapped = undefined;
  }

  /** Moves the cursor, and the window if necessary. */
  goTo(offset: number, focus = false): void {
    this.marks.cursor = offset;
    const size = windowSize();
    if (offset < this.#start || offset >= this.#start + size) this.#start = Math.floor(offset / size) * size;
    this.show();
    if (focus) panes.mapping.cell(offset - this.#start)?.focus();
  }

  /** The position of the byte that an element of the pane shows. */
  offsetOf(target: EventTarget | null): number | undefined {
    const index = panes.mapping.indexOf(target);
    const offset = index === undefined || !this.mapped ? undefined : this.#start + index;
    return offset !== undefined && offset < this.end ? offset : undefined;
  }

  /** Shows a half-typed byte. */
  showDigit(digit: string): void {
    const cell = panes.mapping.cell(this.marks.cursor - this.#start);
    if (cell) cell.textContent = `${digit}_`;
  }

  show(): void {
    const { mapped, marks } = this;
    find('access').textContent = mapped?.access ?? '';
    find('unmap').textContent = mapped ? 'Unmap' : 'Map again';
    const look = (pane: Pane, length: number, read: (at: number, count: number) => Uint8Array): void =>
      pane.show(this.#start, this.#rows(length, read), length, marks);
    const { size } = this;
    if (mapped) {
      const { mapping, second, length } = mapped;
      look(panes.mapping, length, (at, count) => mapping.read(BigInt(at), BigInt(count)));
      look(panes.second, length, (at, count) => second.read(BigInt(at), BigInt(count)));
    } else {
      panes.mapping.clear('not mapped');
      panes.second.clear('not mapped');
    }
    look(panes.file, size, (at, count) => this.readFile(at, count));
    const last = Math.min(this.#start + windowSize(), Math.max(this.end, size)) - 1;
    find('window').textContent = `0x${toOffset(this.#start)} to 0x${toOffset(Math.max(last, this.#start))}`;
    find('facts').textContent = `${this.#name}: ${size.toLocaleString('en')} bytes`;
    for (const button of document.querySelectorAll<HTMLButtonElement>('[data-needs=mapping]')) {
      button.disabled = !mapped;
    }
  }

  /** The rows of the window that an observer sees, or why it cannot read a row. */
  #rows(length: number, read: (offset: number, length: number) => Uint8Array): Row[] {
    return Array.from({ length: rowCount() }, (_, index) => {
      const at = this.#start + index * WIDTH;
      const count = Math.min(WIDTH, length - at);
      if (count <= 0) return new Uint8Array(0);
      try {
        return read(at, count);
      } catch (error) {
        return { error: codeOf(error) ?? String(error) };
      }
    });
  }

  /** Reports the bytes in storage, after reading them back; undefined if the store is in memory. */
  async showStored(): Promise<boolean | undefined> {
    const shown = find('stored');
    if (shown.textContent !== '') shown.textContent = 'storing …';
    const stored = await this.#store.stored(this.#name);
    shown.textContent = stored === undefined ? '' : stored ? 'OPFS holds these bytes' : 'OPFS holds older bytes';
    return stored;
  }
}
