/**
 * The sections of CHANGELOG.md: changelog.mjs cut VERSION DATE makes one of what is unreleased; changelog.mjs notes VERSION prints
 * the text of one.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const PATH = 'CHANGELOG.md';
const [command, version, date] = process.argv.slice(2);
const text = readFileSync(PATH, 'utf8');

/** From the line after a section's heading to the next one. */
function section(name) {
  const start = text.search(new RegExp(`^## \\[${name.replaceAll('.', '\\.')}\\]`, 'm'));
  if (start < 0) throw new Error(`${PATH} has no section ${name}`);
  const [heading, ...lines] = text.slice(start).split('\n');
  const next = lines.findIndex((line) => line.startsWith('## '));
  return {
    heading,
    start,
    body: lines
      .slice(0, next < 0 ? undefined : next)
      .join('\n')
      .trim(),
  };
}

switch (command) {
  case 'cut': {
    if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new Error(`no date: ${date}`);
    if (text.includes(`\n## [${version}]`)) throw new Error(`${PATH} has a section ${version} already`);
    const { heading, start, body } = section('Unreleased');
    if (body === '') throw new Error(`${PATH} has nothing that is unreleased`);
    const end = start + heading.length;
    writeFileSync(PATH, `${text.slice(0, end)}\n\n## [${version}] - ${date}${text.slice(end)}`);
    break;
  }
  case 'notes':
    console.log(section(version).body);
    break;
  default:
    throw new Error(`unknown: ${command}`);
}
