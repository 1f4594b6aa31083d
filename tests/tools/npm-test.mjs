// `npm test [-- WORD...]`: the tests that need only Node, on any system. They need what `make` builds, here or elsewhere.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const needed = ['dist/index.js', 'dist/polyfill/polyfill.wasm'].filter((path) => !existsSync(path));
if (needed.length > 0) {
  console.error(
    `there is no ${needed.join(', no ')}: run "make polyfill guests prebuilds" on Linux and take dist/, prebuilds/ and build/guests/ from there`,
  );
  process.exit(1);
}

for (const words of [
  ['node_modules/typescript/bin/tsc', '-p', 'tests'],
  ['build/tests/tools/run.mjs', '--plain', ...process.argv.slice(2)],
]) {
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
