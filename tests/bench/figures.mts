/** Numbers of repeated rounds, and what they say together. */

/** What a case took, one value for each round. Cases that took turns have the values of one round at the same index. */
export type Rounds = readonly number[];

/** A value that was measured in rounds, or once, or that is fixed. */
export type Value = number | Rounds;

/** The middle of several rounds, and the quartiles around it. */
export interface Spread {
  rounds: number;
  median: number;
  low: number;
  high: number;
}

export const roundsOf = (value: Value): Rounds => (typeof value === 'number' ? [value] : value);

/** Changes each round, for example to another unit. */
export const map = (value: Value, change: (one: number) => number): Rounds => roundsOf(value).map(change);

/** @param share 0 to 1; between two values it is interpolated. NaN of no values */
export function quantile(values: Rounds, share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below = NaN, above = below] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}

/** Undefined for a value without rounds, which says nothing of its spread. */
export function spreadOf(value: Value): Spread | undefined {
  const rounds = roundsOf(value);
  if (rounds.length < 2) return undefined;
  const [low, median, high] = [quantile(rounds, 0.25), quantile(rounds, 0.5), quantile(rounds, 0.75)];
  return { rounds: rounds.length, median, low, high };
}

/** The best round: the one that others on the machine disturbed least. */
export const best = (value: Value, isSpeed: boolean): number =>
  isSpeed ? Math.max(...roundsOf(value)) : Math.min(...roundsOf(value));

/**
 * How many times as good ours is, round by round: a slow moment of the machine that hits both leaves it as it is. Values
 * without the same rounds are compared with the median.
 */
export function ratios(ours: Value, theirs: Value, isSpeed: boolean): Rounds {
  const [mine, other] = [roundsOf(ours), roundsOf(theirs)];
  const ratio = (value: number, rival: number): number => (isSpeed ? value / rival : rival / value);
  if (mine.length === other.length) return mine.map((value, round) => ratio(value, other[round] as number));
  if (mine.length === 1) return other.map((rival) => ratio(mine[0] as number, rival));
  const middle = quantile(other, 0.5);
  return mine.map((value) => ratio(value, middle));
}
