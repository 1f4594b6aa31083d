/** Translates the components that run in the page into build/browser/NAME, each as an ES module and its core modules. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transpileBytes } from '@bytecodealliance/jco-transpile';

const GUESTS: Record<string, string> = {
  viewer: 'build/guests/rust/viewer.wasm',
  c: 'build/guests/c/contract.wasm',
  rust: 'build/guests/rust/contract.wasm',
  javascript: 'build/guests/javascript/contract.wasm',
  'c-fused': 'build/engines/contract.fused.wasm', // Of `make engines`.
  'c-composed': 'build/engines/contract.composed.wasm',
};

async function translate(name: string, component: string): Promise<void> {
  const folder = `build/browser/${name}`;
  const bytes = readFileSync(component);
  const sum = createHash('sha256').update(readFileSync('package-lock.json')).update(bytes).digest('hex');
  try {
    if (readFileSync(`${folder}/sum`, 'utf8') === sum) return;
  } catch {
    // Not translated yet.
  }
  console.log(`translating the guest ${name}`);
  rmSync(folder, { recursive: true, force: true });
  const { files } = await transpileBytes(bytes, {
    name: 'component',
    instantiation: 'async',
    emitTypescriptDeclarations: false,
    nodejsCompat: false,
  });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  writeFileSync(`${folder}/sum`, sum);
}

export async function translateGuests(names: readonly string[]): Promise<void> {
  for (const name of names) await translate(name, GUESTS[name] as string);
}
