/** Prints the contract suite as a matrix of targets and subjects, and writes build/reports/conformance.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { expectedFailures, runTestMmap, testsOfPython, type Row } from '../programs/python/cpython.mjs';
import { HOSTS, missing, type Host } from '../python/hosts.mjs';
import { aboutGuest } from './hosts.mjs';
import { runAll, columns, type Outcome } from './targets.mjs';
import { loadVectors } from './vectors.mjs';

const vectors = loadVectors();
const report: object[] = [];
const total: Record<Outcome['state'], number> = { passed: 0, failed: 0, 'expected failure': 0, skipped: 0 };

for (const column of columns) {
  const { language, host, os } = column;
  const about = column.missing === undefined ? await column.about() : undefined;
  const { runtime = host, version = '', arch = column.arch, libc = 'none', wasi = 'none' } = about ?? {};
  const place = [`${os}-${arch}`, libc, wasi && `WASI ${wasi}`].filter((word) => !word.endsWith('none'));
  console.log(`${language} on ${host}, ${runtime} ${version}, ${place.join(', ')}`);
  const reasons = new Map<string, number>();
  for (const [subject, list] of vectors) {
    const counts: typeof total = { passed: 0, failed: 0, 'expected failure': 0, skipped: 0 };
    for await (const [{ name }, { state, detail }] of runAll(column, list)) {
      counts[state] += 1;
      total[state] += 1;
      if (state === 'failed') console.log(`  FAILED ${name}: ${detail}`);
      else if (state !== 'passed') reasons.set(`${state}: ${detail}`, (reasons.get(`${state}: ${detail}`) ?? 0) + 1);
    }
    const { passed, failed, skipped, 'expected failure': expected } = counts;
    const counted = { passed, failed, expected_failures: expected, skipped };
    report.push({ suite: subject, language, host, os, ...(about ?? { arch }), ...counted });
    const notes = [
      failed && `${failed} failed`,
      expected && `${expected} expected failures`,
      skipped && `${skipped} skipped`,
    ];
    console.log(`  ${subject.padEnd(12)}${String(passed).padStart(4)} passed  ${notes.filter(Boolean).join(', ')}`);
  }
  for (const [reason, count] of reasons) console.log(`  ${count} ${reason}`);
}

/** CPython's own tests of mmap in the guest: a line per method, a column per host. */
async function testMmap(version: string, tests: string | undefined): Promise<void> {
  const hosts = HOSTS.filter((host) => missing(host) === undefined);
  if (tests === undefined || hosts.length === 0) {
    console.log(`SKIPPED test_mmap.py of CPython ${version}: it is not here, or there is no host`);
    return;
  }
  const os = process.platform;
  console.log(`CPython ${version}'s test_mmap.py in the guest, a CPython 3.14 of 32 bits`);
  const results = new Map<Host, Row[]>();
  for (const host of hosts) results.set(host, await runTestMmap(host, tests));
  const [first = []] = results.values();
  const width = Math.max(...first.map(({ method }) => method.length));
  console.log(`  ${' '.repeat(width)}  ${hosts.map((host) => host.padEnd(18)).join('')}`);
  for (const { method, reason } of first) {
    const verdicts = hosts.map((host) => results.get(host)?.find((row) => row.method === method)?.verdict ?? 'not run');
    console.log(`  ${method.padEnd(width)}  ${verdicts.map((verdict) => verdict.padEnd(18)).join('')}${reason}`);
  }
  for (const [host, rows] of results) {
    const expected = expectedFailures(version, host);
    const counted = (verdict: Row['verdict']): number => rows.filter((row) => row.verdict === verdict).length;
    const known = rows.filter((row) => row.verdict === 'failed' && row.method in expected).length;
    const failed = counted('failed') - known;
    const skipped = counted('skipped by itself') + counted('not applicable');
    const counts = { passed: counted('ok'), failed, expected_failures: known, skipped };
    report.push({
      suite: `test_mmap.py of ${version}`,
      language: 'python',
      host,
      os,
      ...(await aboutGuest('python', host)),
      ...counts,
    });
    total.passed += counts.passed;
    total.failed += failed;
    total['expected failure'] += known;
    total.skipped += skipped;
    console.log(
      `  ${host}: ${rows.length} methods: ${counts.passed} ok, ${failed + known} failed, ` +
        `${counted('skipped by itself')} skipped by themselves, ${counted('not applicable')} not applicable`,
    );
  }
}

for (const { version, folder } of testsOfPython()) await testMmap(version, folder);

mkdirSync('build/reports', { recursive: true });
writeFileSync('build/reports/conformance.json', `${JSON.stringify(report, null, 2)}\n`);
console.log(
  `${total.passed} passed, ${total.failed} failed, ${total['expected failure']} expected failures, ${total.skipped} skipped`,
);
process.exitCode = total.failed > 0 ? 1 : 0;
