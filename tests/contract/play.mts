/** Plays the steps of a vector one after the other, and returns the first difference. */
import type { Step, Vector } from './vectors.mjs';

/** @param other answers the steps of a second reader and writer; undefined for those of the target */
export function* play(
  { steps }: Vector,
  other: (step: Step) => string | undefined,
): Generator<Step, string | undefined, string> {
  for (const [index, step] of steps.entries()) {
    const expected = step.error ? `error ${step.error}` : JSON.stringify(step.expect ?? null);
    const got = other(step) ?? (yield step);
    if (got !== expected) return `step ${index}, ${step.op}: ${got}, not ${expected}`;
  }
  return undefined;
}
