/** Columns of other platforms: a process of their Node runs all vectors, since it is slow to start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { linesFrom, platforms, type Platform } from '../tools/platforms.mjs';
import type { Column } from './targets.mjs';
import type { Told } from './there.mjs';

async function runThere(platform: Platform): Promise<(vector: string) => string | undefined> {
  const differences = new Map<string, string | undefined>();
  const folder = mkdtempSync(join('build', 'contract-'));
  let end = 'the process ended before it';
  try {
    for await (const { vector, difference } of linesFrom<Told>(platform, 'build/tests/contract/there.mjs', [folder])) {
      differences.set(vector, difference);
    }
  } catch (error) {
    end = (error as Error).message;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return (vector) => (differences.has(vector) ? differences.get(vector) : end);
}

function foreign(platform: Platform): Column {
  const { name, os, arch, missing } = platform;
  let outcomes: ReturnType<typeof runThere> | undefined;
  return {
    name: `typescript-node-${name}`,
    language: 'typescript',
    host: 'node',
    os,
    arch,
    missing,
    async run({ name: vector }) {
      outcomes ??= runThere(platform);
      return (await outcomes)(vector);
    },
    close: () => undefined,
  };
}

export const foreignColumns: Column[] = platforms.map(foreign);
