/** `wasi-mmap completion` and `wasi-mmap man`: prints what the build has made of the help, see .build/shell. */
import { readFileSync } from 'node:fs';
import { UsageError } from './options.mjs';

/** The files with the completions, as their shells expect their names. */
const SCRIPTS = new Map([
  ['bash', 'wasi-mmap.bash'],
  ['elvish', 'wasi-mmap.elv'],
  ['fish', 'wasi-mmap.fish'],
  ['powershell', '_wasi-mmap.ps1'],
  ['zsh', '_wasi-mmap'],
]);
const PAGE = 'wasi-mmap.1';

function read(name: string): Buffer {
  try {
    return readFileSync(new URL(`../shell/${name}`, import.meta.url));
  } catch (error) {
    // A clone without cargo has none.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new UsageError(`${name} is not built: "make shell" makes it, with cargo`, false);
  }
}

/** The text that the words after the verb ask for. */
export function shellText(verb: 'completion' | 'man', words: readonly string[]): Buffer {
  const option = words.find((word) => word.startsWith('-'));
  if (option !== undefined) throw new UsageError(`unknown option: ${option}`);
  const [shell, ...more] = words;
  if (verb === 'man') {
    if (shell !== undefined) throw new UsageError(`no argument is known: ${words.join(' ')}`);
    return read(PAGE);
  }
  const known = [...SCRIPTS.keys()].join(', ');
  if (shell === undefined) throw new UsageError(`no shell: say which of ${known}`);
  if (more.length > 0) throw new UsageError(`more than one shell: ${words.join(' ')}`);
  const script = SCRIPTS.get(shell);
  if (script === undefined) throw new UsageError(`unknown shell: ${shell} (known are ${known})`);
  return read(script);
}
