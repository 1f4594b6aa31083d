/** The versions of Node that run components of WASI 0.3. */
import { canSuspend } from '#generation';
import { findNodes } from './platforms.mjs';

/** The first major version that does, without a flag from its minor version 20 on. */
const FIRST = 24;

const isHere = canSuspend();

/** This Node, and others that the machine has. */
export const NODES_P3: readonly string[] = [
  ...(isHere ? [process.execPath] : []),
  ...findNodes().flatMap(({ major, path }) => (major >= FIRST && path !== undefined ? [path] : [])),
];

/** A Node that cannot: the oldest that there is. */
export const NODE_BEFORE_P3: string | undefined = isHere
  ? findNodes().find(({ major, path }) => major < FIRST && path !== undefined)?.path
  : process.execPath;

/** Says that tests are skipped, and lets them fail in CI. */
export function skipP3(name: string, reason: string): void {
  console.log(`${name} skips WASI 0.3: ${reason}`);
  if (process.env['CI']) throw new Error(`CI needs it: ${reason}`);
}
