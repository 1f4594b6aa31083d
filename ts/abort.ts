/** Cancelling by an `AbortSignal`, as `fs/promises` does it. */
import { wrongType } from './arguments.js';

/** An `AbortSignal`, also of another realm, and for programs whose types have none. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** What operations that return a promise take as their last argument. */
export interface AsyncOptions {
  /** Rejects the promise with an {@link AbortError} when it is aborted. */
  readonly signal?: AbortSignalLike | undefined;
}

/** An operation was cancelled by its signal, whose reason is the cause. Its name and code are those of Node. */
export class AbortError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'ABORT_ERR';

  constructor(reason: unknown) {
    super('The operation was aborted', { cause: reason });
  }
}

/** The signal of options, checked. Throws if it is aborted already. */
export function signalOf(options: AsyncOptions | undefined): AbortSignalLike | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null) wrongType('options', 'an object', options);
  const { signal } = options;
  if (signal === undefined) return undefined;
  if (typeof signal !== 'object' || signal === null || typeof signal.addEventListener !== 'function') {
    wrongType('signal', 'an AbortSignal', signal);
  }
  if (signal.aborted) throw new AbortError(signal.reason);
  return signal;
}

/**
 * Settles as a promise does, unless the signal is aborted before: then it rejects.
 *
 * @param stop called when the signal is aborted; false means that the work cannot be given up any more
 */
export function abortable<T>(
  signal: AbortSignalLike | undefined,
  promise: Promise<T>,
  stop: () => boolean,
): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      signal.removeEventListener('abort', abort);
      if (stop()) reject(new AbortError(signal.reason));
    };
    signal.addEventListener('abort', abort);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
