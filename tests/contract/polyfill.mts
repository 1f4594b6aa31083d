import { closeSync } from 'node:fs';
import { parse, relative, resolve, sep } from 'node:path';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import * as api from 'wasi-mmap';
import { createPolyfill, type Descriptor } from 'wasi-mmap/polyfill';
import { openFile } from './files.mjs';
import { toSession, type OpenSession } from './runner.mjs';
import { Steps } from './steps.mjs';

/** The TypeScript API over the polyfill, in this process. */
export async function polyfillOpener(): Promise<OpenSession> {
  const { root } = parse(resolve('.')); // A drive on Windows.
  const polyfill = await createPolyfill(new WASIShim({ sandbox: { preopens: { '/': root } } }).getImportObject());
  const dispose = Symbol.dispose ?? Symbol.for('dispose');
  return (path, file) => {
    closeSync(openFile(path, file));
    const seen = `/${relative(root, path).replaceAll(sep, '/')}`;
    const rights = file.rights ?? 'read-write';
    const flags = { read: rights.includes('read'), write: rights.includes('write') };
    const descriptor = polyfill.open(file.kind === 'null-device' ? '/dev/null' : seen, flags);
    const drop = (): void => (descriptor as unknown as Record<symbol, () => void>)[dispose]?.();
    return toSession(new Steps<Descriptor>({ ...api, mmap: polyfill.mmap }, descriptor), drop);
  };
}
