/** The error-codes of `wasi:filesystem`, and the errors of Node that they stand for. */
import type { ErrorCode } from '../bindings/interfaces/wasi-filesystem-types.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  EACCES: 'access',
  EAGAIN: 'would-block',
  EALREADY: 'already',
  EBADF: 'bad-descriptor',
  EBUSY: 'busy',
  EDEADLK: 'deadlock',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EILSEQ: 'illegal-byte-sequence',
  EINPROGRESS: 'in-progress',
  EINTR: 'interrupted',
  EINVAL: 'invalid',
  EIO: 'io',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMLINK: 'too-many-links',
  EMSGSIZE: 'message-size',
  ENAMETOOLONG: 'name-too-long',
  ENODEV: 'no-device',
  ENOENT: 'no-entry',
  ENOLCK: 'no-lock',
  ENOMEM: 'insufficient-memory',
  ENOSPC: 'insufficient-space',
  ENOSYS: 'unsupported',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  ENOTSUP: 'unsupported',
  ENOTTY: 'no-tty',
  ENXIO: 'no-such-device',
  EOPNOTSUPP: 'unsupported',
  EOVERFLOW: 'overflow',
  // A file without write access cannot be replaced or removed on Windows.
  EPERM: process.platform === 'win32' ? 'access' : 'not-permitted',
  EPIPE: 'pipe',
  EROFS: 'read-only',
  ESPIPE: 'invalid-seek',
  ETXTBSY: 'text-file-busy',
  EXDEV: 'cross-device',
  // Node's own: a NUL in a path, and a number that the system does not take.
  ERR_INVALID_ARG_VALUE: 'invalid',
  ERR_OUT_OF_RANGE: 'invalid',
};

/** The code for an error of `node:fs`; `io` if there is none that fits, undefined if it is no error of the system. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== 'string') return undefined;
  return Object.hasOwn(CODES, code) ? CODES[code] : 'syscall' in (error as object) ? 'io' : undefined;
}

/** Throws the `err` of a result, in jco's convention. */
export function refuse(code: ErrorCode): never {
  // oxlint-disable-next-line typescript/only-throw-error -- jco's convention
  throw code;
}

/** Calls a function of `node:fs`, and throws its error as an error-code. Anything else that it throws is a trap. */
export function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return refuse(code);
  }
}
