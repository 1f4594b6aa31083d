/**
 * Which mapping a guest means by a handle, for functions that jco calls with the handle itself.
 *
 * jco keeps a table for each guest: two numbers for each handle, of which the first carries a flag if the handle is
 * free, and the second is the resource's representation ("rep"). A resource may bring its own rep.
 */
import type { Mapping } from './mapping.mjs';

/** How jco's code finds a resource's rep. */
const REP = Symbol.for('cabiRep');
/** jco's flag: in the first number a free handle, in the second one that owns its resource. */
const FLAG = 1 << 30;

/** Guests hold their mappings; what they lose without dropping it is garbage, and so is the rep. */
const mappings: Array<WeakRef<Mapping> | undefined> = [undefined]; // 0 is no rep.
const free: number[] = [];

function release(rep: number): void {
  mappings[rep] = undefined;
  free.push(rep);
}

const collected = new FinalizationRegistry(release);

/** Gives a new mapping a rep of its own. */
export function track(mapping: Mapping): void {
  const rep = free.pop() ?? mappings.length;
  mappings[rep] = new WeakRef(mapping);
  collected.register(mapping, rep, mapping);
  Object.defineProperty(mapping, REP, { value: rep });
}

/** Takes the rep of a mapping that was dropped; a second call does nothing. */
export function untrack(mapping: Mapping): void {
  if (collected.unregister(mapping)) release((mapping as unknown as Record<symbol, number>)[REP] as number);
}

/** The mapping behind a handle of a guest's. A handle that the guest does not hold is a TypeError, and so a trap. */
export function lookUp(table: readonly number[], handle: number): Mapping {
  const rep = table[(handle << 1) + 1];
  // A free handle has the rep that it had last, which may be another guest's mapping by now.
  if (rep !== undefined && ((table[handle << 1] ?? FLAG) & FLAG) === 0) {
    const mapping = mappings[rep & ~FLAG]?.deref();
    if (mapping) return mapping;
  }
  throw new TypeError(`no mapping has the handle ${handle}`);
}
