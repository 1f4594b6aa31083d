/** Keeps the fault handler in front of signal handlers that a program installs with `process.on`. */
import { threads } from './builtins.js';

/** The signal for a lost page on Linux and macOS. */
const SIGNAL = 'SIGBUS';

/**
 * Calls `install` whenever Node may have changed the handler of the signal. Node changes it in listeners of the same two
 * events, which it added before these. Only the main thread handles signals.
 *
 * If only workers load this library, the main thread has no such listener. Then the next call in a worker that opens,
 * resizes, flushes, advises or makes a view installs the handler again.
 */
export function keepHandlerInstalled(install: () => void): void {
  if (process.platform === 'win32' || !threads.isMainThread) return;
  const changed = (name: string | symbol): void => {
    if (name !== SIGNAL) return;
    install();
    queueMicrotask(install); // Bun installs its handler after the event.
  };
  process.on('newListener', changed);
  process.on('removeListener', changed);
}
