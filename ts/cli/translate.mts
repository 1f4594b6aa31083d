/**
 * Translates a sealed component by jco, in a process of its own, where jco can run out of memory or time, and print anything.
 * Its argument is the generation of WASI. It reads the component from standard input, and writes the files or the error to
 * standard output, packed by {@link pack}.
 */
import { buffer } from 'node:stream/consumers';
import { mendAddresses } from './addresses.mjs';
import { MAP_P3, type Generation } from './generation.mjs';
import { addLowered } from './lowered.mjs';
import { mendTables } from './tables.mjs';
import { pack } from './package.mjs';
import { prove, UnprovenError } from './prove.mjs';

async function translate(component: Uint8Array, generation: Generation): Promise<Record<string, Uint8Array>> {
  const jco = await import('@bytecodealliance/jco-transpile').catch((error: Error) => {
    // Its native parts are optional dependencies, which npm can leave out, or which do not exist for the system.
    throw new Error(`jco cannot be loaded: ${error.message}`);
  });
  const { files } = await jco.transpileBytes(component, {
    name: 'component',
    instantiation: 'async',
    // See ts/host/lowered.mts. jco-transpile 0.15 panics in this mode where a component imports streams: see lowered.mts.
    ...(generation === '0.2' ? { importBindings: 'hybrid' } : { importBindings: 'js', map: MAP_P3 }),
    emitTypescriptDeclarations: false,
    nodejsCompat: false,
  });
  const names = Object.keys(files).filter((name) => !/^component\.core\d*\.wasm$/.test(name));
  if (names.join() !== 'component.js') throw new UnprovenError(`the files ${names.join()}`);
  const code = new TextDecoder('utf-8', { fatal: true }).decode(files['component.js']);
  prove(code, generation);
  const mended = mendAddresses(generation === '0.2' ? code : addLowered(mendTables(code)));
  return { ...files, 'component.js': new TextEncoder().encode(mended) };
}

const generation: Generation = process.argv[2] === '0.3' ? '0.3' : '0.2';
const answer = await translate(await buffer(process.stdin), generation).then(
  (files) => pack({ files }),
  (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    return pack({
      error: error instanceof UnprovenError ? `what jco makes of it is not its own code: ${reason}` : reason,
    });
  },
);
process.stdout.write(answer, () => process.exit());
