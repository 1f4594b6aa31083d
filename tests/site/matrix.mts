/** The report of `make conformance` as a table of HTML. */
import { escape } from './page.mjs';

/** A row of build/reports/conformance.json. */
export interface Outcome {
  suite: string;
  language: string;
  host: string;
  os: string;
  arch?: string;
  libc?: string;
  wasi?: string;
  passed: number;
  failed: number;
  expected_failures: number;
  skipped: number;
}

/** A line of the table: what runs, and where. */
function targetOf({ language, host, os, arch, libc, wasi }: Outcome): string {
  const words = [`${os}${arch ? `-${arch}` : ''}`, libc, wasi && `WASI ${wasi}`];
  const place = words.filter((word) => word && !word.endsWith('none')).join(', ');
  return `${escape(`${language} on ${host}`)}<small>${escape(place)}</small>`;
}

function cell(outcome: Outcome | undefined): string {
  if (!outcome) return '<td></td>';
  const { passed, failed, expected_failures: expected, skipped } = outcome;
  const state = failed > 0 ? 'failed' : expected + skipped > 0 ? 'partly' : 'passed';
  const notes = [
    failed > 0 && `${failed} failed`,
    expected > 0 && `${expected} expected`,
    skipped > 0 && `${skipped} skipped`,
  ].filter(Boolean);
  return `<td class="${state}">${passed}${notes.map((note) => `<small>${note}</small>`).join('')}</td>`;
}

/** A line for each target, a column for each subject; the counts of what passed. */
export function matrix(outcomes: readonly Outcome[]): string {
  const suites = [...new Set(outcomes.map(({ suite }) => suite))];
  const targets = [...new Set(outcomes.map(targetOf))];
  const lines = targets.map((target) => {
    const cells = suites.map((suite) => cell(outcomes.find((one) => one.suite === suite && targetOf(one) === target)));
    return `<tr><th scope="row">${target}</th>${cells.join('')}</tr>`;
  });
  const heads = suites.map((suite) => `<th scope="col">${escape(suite)}</th>`).join('');
  return `<div class="wide" tabindex="0" role="region" aria-label="Matrix of conformance">
<table class="matrix"><thead><tr><th scope="col">target</th>${heads}</tr></thead>
<tbody>${lines.join('\n')}</tbody></table></div>`;
}
