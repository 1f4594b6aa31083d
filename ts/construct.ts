/** The last step of `mmap()`, wherever it runs: from an open backend to an {@link Mmap}. */
import type { Backend } from './backend.js';
import { MmapError } from './errors.js';
import { Mmap } from './mmap.js';
import type { Parsed } from './request.js';

/**
 * @param anonymous whether the mapping has no file
 * @throws {MmapError} `past-end`: `mmap-posix` maps past the end of a file; Python's `flags` and `prot` do not
 */
export function constructMmap(
  backend: Backend,
  { length, offset, request, populate }: Parsed,
  anonymous: boolean,
): Mmap {
  if (request.kind === 'posix' && !anonymous && length > 0 && offset + length > backend.fileSize()) {
    backend.close();
    throw new MmapError('past-end');
  }
  if (populate) load(backend);
  return new Mmap(backend, anonymous ? 0 : offset);
}

function load(backend: Backend): void {
  try {
    backend.populate(0, backend.length());
  } catch (error) {
    if (error instanceof MmapError) return; // Whoever accesses these bytes gets the error.
    backend.close();
    throw error;
  }
}
