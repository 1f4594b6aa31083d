import { randomNumbers } from '../episode.mjs';

/** Choices that a seed decides. */
export class Random {
  readonly below: (limit: number) => number;

  constructor(seed: number) {
    this.below = randomNumbers(seed);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
