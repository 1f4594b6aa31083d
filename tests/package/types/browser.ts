// The entry for pages, which the condition `browser` names.
import { createPolyfill, queueFlushes, type Mmap } from 'wasi-mmap/polyfill';

export async function open(wasi: Record<string, object>): Promise<Mmap> {
  return (await createPolyfill(wasi)).mmap('/data', 0, 'read');
}
export const adapter = queueFlushes({ flush: () => Promise.resolve() } as never);
