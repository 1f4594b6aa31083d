/** The imports of a component of WASI 0.3, beside those of 0.2, under the names of `MAP_P3` (generation.mts). */
import type { FilesystemP3 } from '../filesystem/index.mjs';
import { consume, produce, type ByteSource, type Done } from '../streams/p3.mjs';

type Imports = Record<string, object>;

/** The errors of `wasi:cli`. */
type CliError = 'io' | 'illegal-byte-sequence' | 'pipe';

/** The streams of `wasi:cli@0.2`, whose writes are done when they return. */
interface OutputP2 {
  blockingWriteAndFlush(bytes: Uint8Array): void;
}

/** The error-code of an exception of the system, or of a stream of 0.2. Any other is a trap. */
function errorOf(error: unknown): CliError {
  const { code, val } = (error ?? {}) as { code?: unknown; val?: { payload?: { code?: unknown } } };
  const name = code ?? val?.payload?.code;
  if (typeof name !== 'string') throw error;
  return name === 'EPIPE' ? 'pipe' : 'io';
}

/** A stream to standard output or error. */
const writer = (open: () => OutputP2) => ({
  writeViaStream(data: ByteSource): Promise<Done<CliError>> {
    return consume(data, errorOf, () => {
      const output = open();
      return { put: (bytes) => output.blockingWriteAndFlush(bytes) };
    });
  },
});

/** Standard input. What a guest has not read when it drops the stream stays for the next one. */
const stdin = {
  readViaStream(): [AsyncIterable<Uint8Array>, Promise<Done<CliError>>] {
    return produce<Uint8Array, CliError>(errorOf, () => {
      const chunks = process.stdin.iterator({ destroyOnReturn: false });
      return {
        async next() {
          const { done, value } = (await chunks.next()) as IteratorResult<Buffer, undefined>;
          return done ? undefined : new Uint8Array(value);
        },
        end: () => void chunks.return?.().catch(() => undefined),
      };
    });
  },
};

/** Nanoseconds in a millisecond. */
const MILLISECOND = 1_000_000n;
/** The longest time of a timer of JavaScript, in milliseconds. */
const LONGEST = 2n ** 31n - 1n;

const monotonicClock = {
  now: (): bigint => process.hrtime.bigint(),
  getResolution: (): bigint => 1n,
  async waitUntil(mark: bigint): Promise<void> {
    for (let left = mark - monotonicClock.now(); left > 0n; left = mark - monotonicClock.now()) {
      const milliseconds = (left + MILLISECOND - 1n) / MILLISECOND;
      // oxlint-disable-next-line no-await-in-loop -- one timer follows the other
      await new Promise((resolve) => setTimeout(resolve, Number(milliseconds < LONGEST ? milliseconds : LONGEST)));
    }
  },
  waitFor: (duration: bigint): Promise<void> => monotonicClock.waitUntil(monotonicClock.now() + duration),
};

const systemClock = {
  now() {
    const time = Date.now();
    const seconds = Math.floor(time / 1000);
    return { seconds: BigInt(seconds), nanoseconds: (time - seconds * 1000) * Number(MILLISECOND) };
  },
  getResolution: (): bigint => MILLISECOND,
};

/** The most random bytes at a time: a guest may ask for more than there is memory. */
const MOST_BYTES = 65536n;

const atMost = (get: (length: bigint) => Uint8Array) => (length: bigint) =>
  get(length < MOST_BYTES ? length : MOST_BYTES);

/** Refuses the network, which is not granted. */
function deny(tag: 'access-denied' | 'permanent-resolver-failure'): never {
  // oxlint-disable-next-line typescript/only-throw-error -- jco's convention for the `err` of a result
  throw { tag };
}

/** The class of sockets, of which there are none. */
const NoSocket = Object.assign((): void => undefined, { create: () => deny('access-denied') });

interface Random {
  getRandomBytes(length: bigint): Uint8Array;
  getRandomU64(): bigint;
}

interface Insecure {
  getInsecureRandomBytes(length: bigint): Uint8Array;
  getInsecureRandomU64(): bigint;
}

/** What of WASI 0.2 serves 0.3 too. */
interface ImportsP2 {
  readonly 'wasi:cli/environment': { getEnvironment: unknown; getArguments: unknown };
  readonly 'wasi:cli/stdout': { getStdout(): OutputP2 };
  readonly 'wasi:cli/stderr': { getStderr(): OutputP2 };
  readonly 'wasi:random/random': Random;
  readonly 'wasi:random/insecure': Insecure;
  readonly 'wasi:random/insecure-seed': { insecureSeed: unknown };
  readonly [name: string]: object;
}

/**
 * @param imports those of 0.2
 * @param exit the interface `wasi:cli/exit`
 */
export function importsP3(imports: Imports, filesystem: FilesystemP3, exit: object): Imports {
  const p2 = imports as unknown as ImportsP2;
  const { getEnvironment, getArguments } = p2['wasi:cli/environment'];
  const { 'wasi:random/random': random, 'wasi:random/insecure': insecure } = p2;
  const terminals = ['input', 'output', 'stdin', 'stdout', 'stderr'].map((name) => [
    `p3:cli/terminal-${name}`,
    p2[`wasi:cli/terminal-${name}`] as object,
  ]);
  return {
    ...(Object.fromEntries(terminals) as Imports),
    'p3:cli/environment': { getEnvironment, getArguments, getInitialCwd: () => undefined },
    'p3:cli/exit': exit,
    'p3:cli/stdin': stdin,
    'p3:cli/stdout': writer(() => p2['wasi:cli/stdout'].getStdout()),
    'p3:cli/stderr': writer(() => p2['wasi:cli/stderr'].getStderr()),
    'p3:clocks/monotonic-clock': monotonicClock,
    'p3:clocks/system-clock': systemClock,
    'p3:filesystem/types': filesystem.types,
    'p3:filesystem/preopens': filesystem.preopens,
    'p3:random/random': {
      getRandomBytes: atMost((length) => random.getRandomBytes(length)),
      getRandomU64: () => random.getRandomU64(),
    },
    'p3:random/insecure': {
      getInsecureRandomBytes: atMost((length) => insecure.getInsecureRandomBytes(length)),
      getInsecureRandomU64: () => insecure.getInsecureRandomU64(),
    },
    'p3:random/insecure-seed': { getInsecureSeed: p2['wasi:random/insecure-seed'].insecureSeed },
    'p3:sockets/types': { TcpSocket: NoSocket, UdpSocket: NoSocket },
    'p3:sockets/ip-name-lookup': { resolveAddresses: async () => deny('permanent-resolver-failure') },
  };
}
