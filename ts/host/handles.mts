/**
 * Which resource a guest means by a handle, for functions that jco calls with the handle itself.
 *
 * jco keeps a table for each guest and kind of resource: two numbers for each handle, of which the first carries a flag if
 * the handle is free, and the second is the resource's representation ("rep"). A resource may bring its own rep.
 */

/** A guest's table. The first entry is no handle; it leads to the free ones. */
export type Table = number[] & { readonly _createdReps?: Set<number> };

/** How jco's code finds a resource's rep. */
export const REP = Symbol.for('cabiRep');
/** jco's flag: in the first number a free handle, in the second one that owns its resource. */
const FLAG = 1 << 30;

/** The reps of one kind of resource. */
export class Reps<T> {
  readonly #values: Array<T | undefined> = [undefined]; // 0 is no rep.
  readonly #free: number[] = [];

  take(value: T): number {
    const rep = this.#free.pop() ?? this.#values.length;
    this.#values[rep] = value;
    return rep;
  }

  /** Those that are taken. */
  all(): number[] {
    return [...this.#values.keys()].filter((rep) => this.#values[rep] !== undefined);
  }

  get(rep: number): T | undefined {
    return this.#values[rep];
  }

  release(rep: number): void {
    this.#values[rep] = undefined;
    this.#free.push(rep);
  }
}

/** The rep behind a handle of a guest's. A handle that the guest does not hold is a TypeError, and so a trap. */
export function repOf(table: Readonly<Table>, handle: number): number {
  const rep = table[(handle << 1) + 1];
  // A free handle has the rep that it had last, which may be another guest's resource by now.
  if (handle > 0 && rep !== undefined && ((table[handle << 1] ?? FLAG) & FLAG) === 0) return rep & ~FLAG;
  throw new TypeError(`no resource has the handle ${handle}`);
}

/** Gives a guest a resource of its own, as jco's code does for what functions return. */
export function createHandle(table: Table, rep: number): number {
  table._createdReps?.add(rep); // oxlint-disable-line no-underscore-dangle -- jco's name
  const free = (table[0] ?? 0) & ~FLAG;
  if (free === 0) {
    table.push(0, rep | FLAG);
    return (table.length >> 1) - 1;
  }
  table[0] = table[free << 1] ?? 0;
  table[free << 1] = 0;
  table[(free << 1) + 1] = rep | FLAG;
  return free;
}
