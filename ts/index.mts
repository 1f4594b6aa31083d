// ES modules get the very same classes as require(): `instanceof MmapError` holds across both.
export * from './index.js';
