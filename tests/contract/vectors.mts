/** The vectors of the contract suite as data, and the expectations of targets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface Step {
  op: string;
  map?: string;
  by?: 'contract';
  expect?: string | number | null;
  error?: string;
  [argument: string]: unknown;
}

export interface FileSpec {
  text?: string;
  repeat?: string;
  size?: number;
  kind?: 'directory' | 'pipe' | 'null-device' | 'closed';
  rights?: 'read' | 'write' | 'read-write';
}

export interface Vector {
  name: string;
  file: FileSpec;
  needs?: string[];
  steps: Step[];
}

export interface Expectations {
  /** Needs that the target cannot meet, and why: vectors with such a need are skipped. */
  lacks: Record<string, string>;
  /** Vectors that are known to fail, and why. One that passes is an error. */
  failures: Record<string, string>;
}

const FOLDER = 'tests/contract';

const parse = (path: string): unknown => JSON.parse(readFileSync(`${FOLDER}/${path}`, 'utf8'));

export const schema = (): object => parse('schema.json') as object;

/** Every vector, by subject. */
export function loadVectors(): Map<string, Vector[]> {
  const names = readdirSync(`${FOLDER}/vectors`).filter((name) => name.endsWith('.json'));
  return new Map(names.sort().map((name) => [name.replace('.json', ''), parse(`vectors/${name}`) as Vector[]]));
}

/**
 * The expectations of a language on every host, of a host for every language, of both together, and of the host on a
 * system: `node-win32.json`, `node-win32-arm64.json`.
 */
export function loadExpectations(language: string, host: string, os: string, arch: string): Expectations {
  const result: Expectations = { lacks: {}, failures: {} };
  // Other runtimes of JavaScript have the expectations of Node, and their own.
  const hosts = [...new Set([host.replace(/^(bun|deno)/, 'node'), host])];
  for (const name of [
    language,
    ...hosts.flatMap((one) => [one, `${language}-${one}`, `${one}-${os}`, `${one}-${os}-${arch}`]),
  ]) {
    const path = `expectations/${name}.json`;
    if (!existsSync(`${FOLDER}/${path}`)) continue;
    const { lacks, failures } = parse(path) as Partial<Expectations>;
    Object.assign(result.lacks, lacks);
    Object.assign(result.failures, failures);
  }
  return result;
}

/** The need that the target cannot meet, if there is one. */
export function missingNeed(vector: Vector, { lacks }: Expectations): string | undefined {
  return vector.needs?.find((need) => need in lacks);
}
