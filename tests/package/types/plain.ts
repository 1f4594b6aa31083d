// Nothing but the language: neither the types of Node nor those of pages.
import { mmap, MmapError, type Access, type Advice, type Bytes, type ErrorCode, type Mmap } from 'wasi-mmap';

const access: Access = 'write';
const map: Mmap = mmap('data.bin', 0, access);
for (const line of map.lines()) map.writeByte(line.length);
for (const byte of map) map.fill(byte);
const where: number = map.find('needle', 0);
const advice: Advice = 'sequential';
map.advise(advice);
map.set('NEEDLE' satisfies Bytes, where);
export const code = (error: unknown): ErrorCode | undefined => (error instanceof MmapError ? error.code : undefined);
// @ts-expect-error no such access
mmap('data.bin', 0, 'exec');
// @ts-expect-error the length is read-only
map.length = 1;
// @ts-expect-error made by mmap() alone
map.set(new Date());
map.close();
