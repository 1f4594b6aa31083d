/** What preview2-shim's `OpfsFilesystemAdapter` needs to keep what was written. */

interface Adapter {
  flush(): Promise<void>;
}

/**
 * Makes an `OpfsFilesystemAdapter` store once at a time, and returns it.
 *
 * It stores by itself after every change. Up to and including 0.26.1, such a store does not wait for one that is under
 * way: then one of them fails, and OPFS may keep the older bytes. Afterwards `await adapter.flush()` says that OPFS holds
 * all that was written before.
 */
export function queueFlushes<T extends Adapter>(adapter: T): T {
  const flush = adapter.flush.bind(adapter);
  let last = Promise.resolve();
  let next: Promise<void> | undefined;
  adapter.flush = () => {
    // One that has not begun yet serves everybody who asks for it.
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
