/** Prints the contract suite as a matrix of targets and subjects, and writes build/reports/conformance.json. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { runAll, columns, type Outcome } from './targets.mjs';
import { loadVectors } from './vectors.mjs';

const vectors = loadVectors();
const report: object[] = [];
const total: Record<Outcome['state'], number> = { passed: 0, failed: 0, 'expected failure': 0, skipped: 0 };

for (const column of columns) {
  console.log(`${column.language} on ${column.host}/${column.os}-${column.arch}`);
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
    const { language, host, os, arch } = column;
    const counted = { passed, failed, expected_failures: expected, skipped };
    report.push({ suite: subject, language, host, os, arch, ...counted });
    const notes = [
      failed && `${failed} failed`,
      expected && `${expected} expected failures`,
      skipped && `${skipped} skipped`,
    ];
    console.log(`  ${subject.padEnd(12)}${String(passed).padStart(4)} passed  ${notes.filter(Boolean).join(', ')}`);
  }
  for (const [reason, count] of reasons) console.log(`  ${count} ${reason}`);
}

mkdirSync('build/reports', { recursive: true });
writeFileSync('build/reports/conformance.json', `${JSON.stringify(report, null, 2)}\n`);
console.log(
  `${total.passed} passed, ${total.failed} failed, ${total['expected failure']} expected failures, ${total.skipped} skipped`,
);
process.exitCode = total.failed > 0 ? 1 : 0;
