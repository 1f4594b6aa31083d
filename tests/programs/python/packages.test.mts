// Packages of PyPI in the guest, against CPython: one test per package and host. `--all [NAME]...` is `make programs-test`: the
// packages that `make test` leaves out, on all hosts.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HOSTS, missing } from '../../python/hosts.mjs';
import { thorough } from '../../tools/thorough.mjs';
import { compare, expectedDifferences, PACKAGES, versionOf } from './packages.mjs';

/** In `make test`, one of each engine and of each way to map. */
const all = process.argv.includes('--all');
const hosts = thorough || all ? HOSTS : (['node', 'wasmtime-polyfill'] as const);
const names = process.argv.slice(3);

for (const tested of PACKAGES) {
  if (names.length > 0 ? !names.includes(tested.name) : (tested.apart ?? false) !== all) continue;
  for (const host of hosts) {
    const reason = tested.without?.[host];
    if (reason !== undefined) {
      console.log(`${host} skips ${tested.name}: ${reason}`);
      continue;
    }
    test(`${tested.name} ${versionOf(tested.name)} on ${host} ends as in CPython`, async () => {
      const lacking = missing(host);
      if (lacking !== undefined) {
        console.log(`${host} skips ${tested.name}: there is no ${lacking}`);
        assert.not.ok(process.env['CI'], 'CI has every host');
        return;
      }
      const { same, passed, different } = await compare(tested, host);
      const expected = expectedDifferences(tested.name, host);
      const known = [...different.keys()].filter((name) => name in expected);
      console.log(
        `${tested.name} on ${host}: ${same} alike, ${passed} of them passed, ${known.length} known to differ`,
      );
      assert.ok(passed > 0, 'something passes');
      for (const [name, { native, guest }] of different)
        assert.ok(name in expected, `${name}: ${guest} in the guest, ${native} in CPython`);
      for (const name of Object.keys(expected)) assert.ok(different.has(name), `${name} does not differ any more`);
    });
  }
}

test.run();
