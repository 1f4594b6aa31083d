/**
 * Standard streams that are terminals, for preview2-shim in Node.
 *
 * Fault: `wasi:cli/terminal-*` of the shim says of every stream that it is a terminal.
 * Versions: all up to 0.26.1.
 * Mended: tests/preview2-shim/faults.test.mts fails ("every stream is a terminal").
 */
import { cli } from '@bytecodealliance/preview2-shim';

type Get = () => object;

/** The interfaces `wasi:cli/terminal-*`, which have a terminal only for a stream that is one. */
export function terminals(): Record<string, object> {
  const { terminalStdin, terminalStdout, terminalStderr } = cli as unknown as Record<string, Record<string, Get>>;
  const onlyIf = (isTerminal: boolean | undefined, get: Get | undefined) => () => (isTerminal ? get?.() : undefined);
  return {
    'wasi:cli/terminal-stdin': { getTerminalStdin: onlyIf(process.stdin.isTTY, terminalStdin?.['getTerminalStdin']) },
    'wasi:cli/terminal-stdout': {
      getTerminalStdout: onlyIf(process.stdout.isTTY, terminalStdout?.['getTerminalStdout']),
    },
    'wasi:cli/terminal-stderr': {
      getTerminalStderr: onlyIf(process.stderr.isTTY, terminalStderr?.['getTerminalStderr']),
    },
  };
}
