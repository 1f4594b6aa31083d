/**
 * Stores into OPFS, for preview2-shim in browsers.
 *
 * Fault: `OpfsFilesystemAdapter` stores after every change, and does not wait for a store that is under way. Then one of
 * the two fails, and OPFS may keep the older bytes.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("stores into OPFS overlap").
 */

interface Adapter {
  flush(): Promise<void>;
}

/**
 * Makes an `OpfsFilesystemAdapter` of preview2-shim store one at a time, and returns it.
 *
 * The adapter stores after every change. Up to 0.26.1 it does not wait for a store that is under way: then one of the two
 * fails, and OPFS may keep the older bytes. After this call, `await adapter.flush()` returns when OPFS holds everything
 * that was written before.
 */
export function queueFlushes<T extends Adapter>(adapter: T): T {
  const flush = adapter.flush.bind(adapter);
  let last = Promise.resolve();
  let next: Promise<void> | undefined;
  adapter.flush = () => {
    // A store that has not begun yet serves all callers that wait for it.
    next ??= last.then(() => {
      next = undefined;
      const begun = flush();
      last = begun.catch(() => undefined);
      return begun;
    });
    return next;
  };
  return adapter;
}
