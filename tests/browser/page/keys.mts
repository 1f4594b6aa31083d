/** Keyboard input in the hex view: cursor keys, and bytes of two digits. */
import { WIDTH, windowSize } from './pane.mjs';

/** The new position of the cursor, in 0..length, after a key; undefined for other keys. */
export function target(event: KeyboardEvent, cursor: number, length: number): number | undefined {
  const last = length - 1;
  const steps: Record<string, number> = {
    ArrowLeft: cursor - 1,
    ArrowRight: cursor + 1,
    ArrowUp: cursor - WIDTH,
    ArrowDown: cursor + WIDTH,
    PageUp: Math.max(cursor - windowSize(), 0),
    PageDown: Math.min(cursor + windowSize(), last),
    Home: event.ctrlKey ? 0 : cursor - (cursor % WIDTH),
    End: event.ctrlKey ? last : Math.min(cursor - (cursor % WIDTH) + WIDTH - 1, last),
  };
  const next = steps[event.key];
  if (next === undefined || event.altKey || event.metaKey) return undefined;
  return next < 0 || next > last ? cursor : next;
}

/** The typed digits of one byte. */
export class Digits {
  #first: string | undefined;

  /** The byte after its second digit; `undefined` after the first one; `false` for another key. */
  type(event: KeyboardEvent): number | undefined | false {
    if (!/^[0-9a-f]$/i.test(event.key) || event.ctrlKey || event.altKey || event.metaKey) return false;
    if (this.#first === undefined) {
      this.#first = event.key;
      return undefined;
    }
    const byte = Number.parseInt(this.#first + event.key, 16);
    this.#first = undefined;
    return byte;
  }

  get first(): string | undefined {
    return this.#first;
  }

  forget(): void {
    this.#first = undefined;
  }
}
