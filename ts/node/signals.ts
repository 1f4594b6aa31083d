/** Keeps the handler of lost pages in front of those that a program installs with `process.on`. */
import { isMainThread } from 'node:worker_threads';

/** What Linux sends for a lost page. */
const SIGNAL = 'SIGBUS';

/**
 * Has `guard` called whenever Node may have changed who handles the signal: it does so in listeners like these, which it
 * added before. Only the main thread has signals. What is added where this library was never loaded, because only workers
 * did, is seen at their next call that opens, resizes, flushes, advises or makes a view.
 */
export function guardSignals(guard: () => void): void {
  if (process.platform === 'win32' || !isMainThread) return;
  const changed = (name: string | symbol): void => {
    if (name !== SIGNAL) return;
    guard();
    queueMicrotask(guard); // Bun installs its handler after it has told.
  };
  process.on('newListener', changed);
  process.on('removeListener', changed);
}
