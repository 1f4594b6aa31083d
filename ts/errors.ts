import type { ErrorCode as ContractErrorCode } from './bindings/interfaces/wasi-mmap-mmap-mapping.js';

/** The code of an {@link MmapError}: the contract's `error-code`, or `closed`. */
export type ErrorCode = ContractErrorCode | 'closed';

const MESSAGES: Record<ErrorCode, string> = {
  'access-denied': 'the file is not open for what the access needs',
  'bad-descriptor': 'the file descriptor is not open',
  'empty-file': 'an empty file cannot be mapped',
  'past-end': 'the range lies past the end of the file',
  'invalid-argument': 'invalid argument',
  'read-only': 'the mapping may not be changed',
  'out-of-range': 'the range does not lie inside the mapping',
  'not-resizable': 'only a mapping with access "write" can change size',
  busy: 'the file or mapping is in use',
  fault: 'a page cannot be reached: the file was truncated, or its storage failed',
  'no-memory': 'no memory, address space or file descriptors left',
  'no-space': 'no space left on the device',
  unsupported: 'not possible with this kind of file or on this system',
  io: 'the device or file system failed',
  closed: 'the mapping is closed',
};

/** Whether the engine refused a size, in any realm: Jest mixes two. */
export function isRangeError(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === 'RangeError';
}

/** The error of an operation on a mapping that was refused or failed. */
export class MmapError extends Error {
  override readonly name = 'MmapError';
  /** The contract's error-code, or `closed`. */
  readonly code: ErrorCode;
  /** The error number of the operating system, if there is one: for messages only, for it differs between systems. */
  readonly errno: number | undefined;

  constructor(code: ErrorCode, detail?: string, errno?: number) {
    super(`${code}: ${detail ?? MESSAGES[code]}${errno === undefined ? '' : ` (errno ${errno})`}`);
    this.code = code;
    this.errno = errno;
  }
}
