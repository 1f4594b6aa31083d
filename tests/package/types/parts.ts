// The other entries of the package.
import { acceptLibcWrites, getImportObject, mapping, setLimits, span, type Limits } from 'wasi-mmap/host';
import { createPolyfill, Mmap, MmapError, OpenError, type Imports } from 'wasi-mmap/polyfill';
import { mmap, Mmap as GuestMmap, open } from 'wasi-mmap/guest';

const limits: Limits = {};
setLimits(limits);
acceptLibcWrites();
export const host: Imports = { ...getImportObject(), mapping, span };
export async function use(wasi: Imports): Promise<Mmap> {
  const polyfill = await createPolyfill(wasi);
  // @ts-expect-error a descriptor, not a number
  polyfill.mmap(3);
  return polyfill.mmap('/data', { access: 'copy' });
}
export const guest: GuestMmap = mmap(open('/data', { read: true }), 0, 'read');
export const errors = [MmapError, OpenError];
