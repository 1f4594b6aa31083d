// Runs jco's command line on this machine's files: preview2-shim 0.26.1 grants none by itself, and then `jco types`
// and `jco componentize` see no WIT ("os error 44").
import { _addPreopen } from '@bytecodealliance/preview2-shim/filesystem';

_addPreopen('/', '/');
await import('../node_modules/@bytecodealliance/jco/dist/jco.js');
