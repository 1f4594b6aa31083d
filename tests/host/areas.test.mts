// Guests that use as many memory areas of the host as they can: a quarter of the system's limit stays free, and all areas are
// released afterwards.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, start } from '../cli/command.mjs';

const GUEST = 'build/guests/c/areas.wasm';
const SCENARIOS = ['advise', 'memory', 'cut', 'spans', 'spans-side-by-side'];
/** Areas that the engine itself takes or releases meanwhile. */
const OF_THE_ENGINE = 600;

const limit = Number(readFileSync('/proc/sys/vm/max_map_count', 'utf8'));

console.log('skips areas on Windows: it has no limit of memory areas, and nothing that a guest could count them in');

for (const [name, command] of Object.entries(COMMANDS)) {
  const test = suite(`areas, ${name}`);
  for (const scenario of SCENARIOS) {
    test(scenario, () => {
      const folder = mkdtempSync(resolve('build', 'areas-'));
      try {
        writeFileSync(`${folder}/file`, 'x');
        const grants = ['--dir', `${folder}::/`, '--dir-ro', '/proc/self::/proc'];
        const { code, out, error } = start(command, ['run', ...grants, GUEST, scenario]);
        assert.is(code, 0, `${out}${error}`);
        const [before = 0, most = 0, after = 0] = out.trim().split(' ').map(Number);
        console.log(
          `table: ${scenario} in ${name}: ${before} areas, at most ${most}, afterwards ${after}, of ${limit}`,
        );
        assert.ok(most <= before + (limit * 3) / 4 + OF_THE_ENGINE, `${most} areas of ${limit}`);
        assert.ok(after <= before + OF_THE_ENGINE, `${after} areas are left, ${before} were there`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
  test.run();
}
