/** A table of the bytes that one observer sees of the file, row by row. */
import { toHex, toLetter, toOffset } from './bytes.mjs';

export const WIDTH = 8;
const MAX_ROWS = 16;
/** Three panes must be visible at once if they lie one above the other. */
const FEW_ROWS = 6;

const stacked = matchMedia('(max-width: 44rem)');

/** The number of visible rows. */
export const rowCount = (): number => (stacked.matches ? FEW_ROWS : MAX_ROWS);

/** The number of visible bytes. */
export const windowSize = (): number => WIDTH * rowCount();

export const onRowCount = (call: () => void): void => stacked.addEventListener('change', call);

/** Bytes of a row, or why there are none. */
export type Row = Uint8Array | { error: string };

export interface Marks {
  /** The bytes when the file was mapped. */
  original: Uint8Array;
  /** The bytes that a search found. */
  found: { start: number; length: number } | undefined;
  cursor: number;
}

interface Line {
  row: HTMLElement;
  offset: HTMLElement;
  cells: HTMLElement[];
  letters: HTMLElement;
}

function element(name: string, parent: HTMLElement, attributes: Record<string, string> = {}): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return parent.appendChild(made);
}

export class Pane {
  readonly #lines: Line[];
  readonly #summary: HTMLElement;
  readonly #editable: boolean;

  /** @param section holds a `table` with a caption, and a `.summary` */
  constructor(section: HTMLElement) {
    const table = section.querySelector('table') as HTMLElement;
    this.#editable = table.getAttribute('role') === 'grid';
    this.#summary = section.querySelector('.summary') as HTMLElement;
    const body = element('tbody', table);
    this.#lines = Array.from({ length: MAX_ROWS }, () => {
      const row = element('tr', body);
      const offset = element('th', row, { scope: 'row' });
      const cells = Array.from({ length: WIDTH }, () =>
        element('td', row, this.#editable ? { role: 'gridcell', tabindex: '-1' } : {}),
      );
      return { row, offset, cells, letters: element('td', row, { class: 'letters', 'aria-hidden': 'true' }) };
    });
  }

  /** The element of a byte in the window. */
  cell(index: number): HTMLElement | undefined {
    return this.#lines[Math.floor(index / WIDTH)]?.cells[index % WIDTH];
  }

  /** The position of an element in the window. */
  indexOf(target: EventTarget | null): number | undefined {
    const line = this.#lines.findIndex(({ cells }) => cells.includes(target as HTMLElement));
    const cells = this.#lines[line]?.cells;
    return cells && line * WIDTH + cells.indexOf(target as HTMLElement);
  }

  clear(summary: string): void {
    for (const [index, { row, offset, cells, letters }] of this.#lines.entries()) {
      row.hidden = index >= rowCount();
      for (const part of [offset, ...cells, letters]) {
        part.textContent = '';
        part.removeAttribute('class');
        part.removeAttribute('aria-label');
        if (this.#editable && part.role === 'gridcell') part.tabIndex = -1;
      }
      letters.className = 'letters';
    }
    this.#summary.textContent = summary;
    this.#summary.dataset['state'] = '';
  }

  /** Shows rows from this offset on, of as many bytes as the observer has. */
  show(start: number, rows: readonly Row[], length: number, marks: Marks): void {
    let changed = 0;
    let lost: string | undefined;
    for (const [index, { row: line, offset, cells, letters }] of this.#lines.entries()) {
      line.hidden = index >= rowCount();
      const row = rows[index] ?? new Uint8Array(0);
      const at = start + index * WIDTH;
      const none = !('error' in row) && row.length === 0;
      offset.textContent = none ? '' : toOffset(at);
      if ('error' in row) lost ??= `${row.error} from 0x${toOffset(at)} on`;
      const text = cells.map((cell, column) => {
        const byte = 'error' in row ? undefined : row[column];
        if (this.#fill(cell, at + column, byte, 'error' in row ? row.error : undefined, marks)) changed += 1;
        return byte === undefined ? ' ' : toLetter(byte);
      });
      letters.textContent = text.join('');
    }
    const words = [changed > 0 && `${changed} ${changed === 1 ? 'byte' : 'bytes'} changed here`, lost];
    if (length !== marks.original.length) words.push(`ends at 0x${toOffset(length)}`);
    this.#summary.textContent = words.filter(Boolean).join(', ') || 'as it was when mapped';
    this.#summary.dataset['state'] = lost !== undefined ? 'lost' : changed > 0 ? 'changed' : '';
  }

  /** Whether the byte has changed. */
  #fill(cell: HTMLElement, at: number, byte: number | undefined, error: string | undefined, marks: Marks): boolean {
    const { original, found, cursor } = marks;
    const changed = byte !== undefined && byte !== original[at];
    const inFound = byte !== undefined && found !== undefined && at >= found.start && at < found.start + found.length;
    const here = at === cursor && (byte !== undefined || error !== undefined);
    const flags = { changed, found: inFound, lost: error !== undefined, cursor: here };
    cell.className = Object.entries(flags)
      .filter(([, set]) => set)
      .map(([name]) => name)
      .join(' ');
    cell.textContent = error === undefined ? (byte === undefined ? '' : toHex(byte)) : '--';
    if (this.#editable) {
      cell.tabIndex = here ? 0 : -1;
      const value = error ?? (byte === undefined ? 'no byte' : `${toHex(byte)} ${toLetter(byte)}`);
      cell.setAttribute('aria-label', `0x${toOffset(at)}: ${value}${changed ? ', changed' : ''}`);
    }
    return changed;
  }
}
