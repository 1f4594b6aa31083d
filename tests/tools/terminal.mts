/** Commands in a terminal of their own. */

/** Copies what the command writes there, and ends as it does; a signal is no exit code 0. */
const SCRIPT = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';

/** The program and the words that run a command in a terminal (Unix). */
export const inTerminal = (command: readonly string[]): [program: string, words: string[]] => [
  'python3',
  ['-c', SCRIPT, ...command],
];
