/**
 * Translates a sealed component by jco, in a process of its own, where jco can run out of memory or time, and print anything.
 * It reads the component from standard input, and writes the files or the error to standard output, packed by {@link pack}.
 */
import { buffer } from 'node:stream/consumers';
import { mendAddresses } from './addresses.mjs';
import { pack } from './package.mjs';
import { prove, UnprovenError } from './prove.mjs';

async function translate(component: Uint8Array): Promise<Record<string, Uint8Array>> {
  const jco = await import('@bytecodealliance/jco-transpile').catch((error: Error) => {
    // Its native parts are optional dependencies, which npm can leave out, or which do not exist for the system.
    throw new Error(`jco cannot be loaded: ${error.message}`);
  });
  const { files } = await jco.transpileBytes(component, {
    name: 'component',
    instantiation: 'async',
    importBindings: 'hybrid', // See ts/host/lowered.mts.
    emitTypescriptDeclarations: false,
    nodejsCompat: false,
  });
  const names = Object.keys(files).filter((name) => !/^component\.core\d*\.wasm$/.test(name));
  if (names.join() !== 'component.js') throw new UnprovenError(`the files ${names.join()}`);
  const code = new TextDecoder('utf-8', { fatal: true }).decode(files['component.js']);
  prove(code);
  return { ...files, 'component.js': new TextEncoder().encode(mendAddresses(code)) };
}

const answer = await translate(await buffer(process.stdin)).then(
  (files) => pack({ files }),
  (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    return pack({
      error: error instanceof UnprovenError ? `what jco makes of it is not its own code: ${reason}` : reason,
    });
  },
);
process.stdout.write(answer, () => process.exit());
