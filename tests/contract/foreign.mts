/** Columns of other platforms. One process of their Node runs all vectors, because it is slow to start. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aboutThere, aboutWasmtime, generationOf, POLYFILL } from '../tools/about.mjs';
import { linesFrom, platforms, runtimes, type Platform } from '../tools/platforms.mjs';
import { wasmtimeOf } from '../tools/wasmtime.mjs';
import { componentOf } from './hosts.mjs';
import type { Column, ReportedColumn } from './targets.mjs';
import type { Told } from './there.mjs';

/** What runs there: the native host depends on the system, and so do the files of guests and of the polyfill. */
interface Implementation extends Pick<Column, 'language' | 'host'> {
  /** The only systems where it runs: those of POSIX name files alike. */
  os?: string;
}

const IMPLEMENTATIONS: Implementation[] = [
  { language: 'typescript', host: 'node' },
  { language: 'rust', host: 'node' },
  { language: 'c', host: 'node', os: 'win32' },
  { language: 'typescript', host: 'node-polyfill', os: 'win32' },
  ...(['wasmtime', 'wasmtime-polyfill'] as const).flatMap((host) =>
    (['rust', 'c', 'javascript', 'python'] as const).map((language) => ({ language, host, os: 'win32' })),
  ),
];

/** What is missing to run it, beside the platform. */
function missingFor({ os, arch }: Platform, host: Column['host']): string | undefined {
  const command = wasmtimeOf(os, arch);
  return !host.startsWith('wasmtime') || existsSync(command) ? undefined : `no ${command} (make windows)`;
}

async function runThere(
  platform: Platform,
  { language, host }: Implementation,
): Promise<(vector: string) => string | undefined> {
  const differences = new Map<string, string | undefined>();
  const folder = mkdtempSync(join('build', 'contract-'));
  let end = 'the process ended before it';
  try {
    const words = [folder, host, language];
    for await (const { vector, difference } of linesFrom<Told>(platform, 'build/tests/contract/there.mjs', words)) {
      differences.set(vector, difference);
    }
  } catch (error) {
    end = (error as Error).message;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return (vector) => (differences.has(vector) ? differences.get(vector) : end);
}

function generation({ language, host }: Implementation): string {
  if (language !== 'typescript' && host !== 'browser') return generationOf(componentOf(language, host));
  return host.endsWith('-polyfill') ? generationOf(POLYFILL) : 'none';
}

function foreign(platform: Platform, implementation: Implementation): ReportedColumn {
  const { name, os, arch } = platform;
  const { language, host } = implementation;
  const missing = platform.missing ?? missingFor(platform, host);
  let outcomes: ReturnType<typeof runThere> | undefined;
  return {
    name: platform.host === 'node' ? `${language}-${host}-${name}` : `${language}-${host}`,
    language,
    host,
    os,
    arch,
    missing,
    async run({ name: vector }) {
      outcomes ??= runThere(platform, implementation);
      return (await outcomes)(vector);
    },
    async about() {
      const isWasmtime = host.startsWith('wasmtime');
      const about = isWasmtime ? aboutWasmtime(wasmtimeOf(os, arch)) : await aboutThere(platform);
      return { ...about, wasi: generation(implementation) };
    },
    close: () => undefined,
  };
}

/** The implementations that run there; guests in other runtimes are targets. */
function foreignTo(platform: Platform): Implementation[] {
  const { host, os: there } = platform;
  if (host === 'node') return IMPLEMENTATIONS.filter(({ os = there }) => os === there);
  return ([host, `${host}-polyfill`] as const).map((one) => ({ language: 'typescript', host: one }));
}

export const foreignColumns: ReportedColumn[] = [...platforms, ...runtimes].flatMap((platform) =>
  foreignTo(platform).map((implementation) => foreign(platform, implementation)),
);
