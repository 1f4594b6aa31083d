/**
 * Prints the configuration of an image that holds a component: oci-config.mjs COMPONENT WASI CREATED. WASI is wasip0.2 or wasip0.3.
 * Its form is that of the CNCF's Wasm OCI artifact, which wkg writes too.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [path, wasi, created] = process.argv.slice(2);
const text = execFileSync('build/venv/bin/wasm-tools', ['component', 'wit', path], { encoding: 'utf8' });
/** The interfaces that a world of the component names; a package of interfaces has none, and exports them itself. */
const named = (word) => [...text.matchAll(new RegExp(`^  ${word} ([a-z-]+:[^;\\s{]+);`, 'gm'))].map(([, name]) => name);
const [, id = '', version = ''] = /^package ([a-z-]+:[a-z-]+)@([^;]+);/m.exec(text) ?? [];
const interfaces = [...text.matchAll(/^interface ([a-z-]+) \{/gm)].map(([, name]) => `${id}/${name}@${version}`);
const isWorld = named('export').length > 0 && !interfaces.length;
const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
console.log(
  JSON.stringify({
    created,
    architecture: 'wasm',
    os: wasi.replace('0.', ''),
    layerDigests: [`sha256:${digest}`],
    component: {
      exports: isWorld ? named('export') : interfaces,
      imports: isWorld ? named('import') : [],
      target: null,
    },
  }),
);
