/** The vectors of the contract suite as data, and what a target is expected to do with them. */
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
  /** Needs of vectors that the target cannot meet, and why: such vectors are skipped, by name. */
  lacks: Record<string, string>;
  /** Vectors that are known to fail, and why: one that passes is an error. */
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
 * What a language's library lacks on every host, what a host lacks for every language, what is special of both, and what
 * the host lacks on a system: `node-win32.json`, `node-win32-arm64.json`.
 */
export function loadExpectations(language: string, host: string, os: string, arch: string): Expectations {
  const result: Expectations = { lacks: {}, failures: {} };
  for (const name of [language, host, `${language}-${host}`, `${host}-${os}`, `${host}-${os}-${arch}`]) {
    const path = `expectations/${name}.json`;
    if (!existsSync(`${FOLDER}/${path}`)) continue;
    const { lacks, failures } = parse(path) as Partial<Expectations>;
    Object.assign(result.lacks, lacks);
    Object.assign(result.failures, failures);
  }
  return result;
}

/** Why the target cannot run the vector, if it cannot. */
export function missingNeed(vector: Vector, { lacks }: Expectations): string | undefined {
  return vector.needs?.find((need) => need in lacks);
}
