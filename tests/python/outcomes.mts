/** The output of guests/unittests.py: the outcome of each method of a test module. */
import type { Ran } from './hosts.mjs';

export interface Outcome {
  test: string;
  outcome: 'ok' | 'skipped' | 'failed' | 'error';
  reason: string;
}

/** By the name of the method. A run that ends before its last method is an error, whatever it printed. */
export function outcomesOf({ status, stdout, stderr }: Ran): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('{"test"')) continue;
    const outcome = JSON.parse(line) as Outcome;
    outcomes.set(outcome.test, outcome);
  }
  if (status !== 0 || outcomes.size === 0) throw new Error(`the run ended with ${status}: ${stderr.slice(-2000)}`);
  return outcomes;
}

/** The last line of a traceback, or the reason itself. */
export const brief = ({ outcome, reason }: Outcome): string => `${outcome}: ${reason.trim().split('\n').at(-1) ?? ''}`;
