// ES modules get the very same classes as require(): `instanceof AbortError` holds across both.
export * from './promises.js';
