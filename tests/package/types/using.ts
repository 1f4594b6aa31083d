// `using`, which TypeScript knows since 5.2.
import { mmap } from 'wasi-mmap';

export function first(path: string): number | undefined {
  using map = mmap(path, 0, 'read');
  return map.at(0);
}
