// CommonJS.
import wasiMmap = require('wasi-mmap');
import type { Mmap } from 'wasi-mmap';

const map: Mmap = wasiMmap.mmap('data.bin', 0, 'read');
export = { map, code: (error: unknown) => (error instanceof wasiMmap.MmapError ? error.code : undefined) };
