/**
 * The resources behind the handles of guests, for functions that jco calls with the handle itself.
 *
 * jco keeps a table for each guest and type of resource, with two numbers for each handle. The first has a flag if the handle
 * is free. The second is the resource's representation ("rep"). A resource can bring its own rep.
 */

/** A guest's table. The first entry is not a handle: it begins the list of free ones. */
export type Table = number[] & { readonly _createdReps?: Set<number> };

/** The key under which jco's code finds the rep of a resource. */
export const REP = Symbol.for('cabiRep');
/** jco's flag: in the first number, the handle is free; in the second, the handle owns its resource. */
const FLAG = 1 << 30;

/** The reps of one type of resource. */
export class Reps<T> {
  readonly #values: Array<T | undefined> = [undefined]; // 0 is no rep.
  readonly #free: number[] = [];

  take(value: T): number {
    const rep = this.#free.pop() ?? this.#values.length;
    this.#values[rep] = value;
    return rep;
  }

  /** The reps in use. */
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

/** The rep of a guest's handle. A handle that the guest does not hold is a TypeError, and so a trap. */
export function repOf(table: Readonly<Table>, handle: number): number {
  const rep = table[(handle << 1) + 1];
  // A free handle keeps its last rep, which may belong to a resource of another guest now.
  if (handle > 0 && rep !== undefined && ((table[handle << 1] ?? FLAG) & FLAG) === 0) return rep & ~FLAG;
  throw new TypeError(`no resource has the handle ${handle}`);
}

/** Gives a guest a handle that owns a resource, as jco's code does for results of functions. */
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
