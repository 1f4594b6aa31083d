/**
 * A registry of crates for `cargo publish` and `cargo add`, with a sparse index, in memory.
 * https://doc.rust-lang.org/cargo/reference/registry-index.html and registry-web-api.html say what cargo asks for.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Published {
  name: string;
  vers: string;
  features: Record<string, string[]>;
  links?: string | null;
  rust_version?: string | null;
  deps: {
    name: string;
    version_req: string;
    features: string[];
    optional: boolean;
    default_features: boolean;
    target: string | null;
    kind: string;
    registry: string | null;
    explicit_name_in_toml?: string | null;
  }[];
}

export interface CargoRegistry {
  server: Server;
  /** For CARGO_REGISTRIES_NAME_INDEX. */
  index: string;
  /** The bytes of each crate, by its name and version. */
  crates: Map<string, Buffer>;
}

/** The line of a version in the index, of what `cargo publish` says of it. */
function lineOf({ name, vers, deps, features, links, rust_version }: Published, bytes: Buffer): string {
  const entries = deps.map(({ version_req, explicit_name_in_toml: renamed, ...dep }) => ({
    ...dep,
    name: renamed ?? dep.name,
    req: version_req,
    ...(renamed ? { package: dep.name } : {}),
  }));
  const cksum = createHash('sha256').update(bytes).digest('hex');
  return JSON.stringify({
    name,
    vers,
    deps: entries,
    cksum,
    features: {},
    features2: features,
    yanked: false,
    links,
    rust_version,
    v: 2,
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

export async function serveCrates(): Promise<CargoRegistry> {
  const crates = new Map<string, Buffer>();
  const lines = new Map<string, string[]>();
  let address = '';

  /** Two lengths, each of 32 bits, before the two parts: what is said of the crate, and the crate. */
  function publish(body: Buffer): string | undefined {
    const length = body.readUInt32LE(0);
    const said = JSON.parse(body.toString('utf8', 4, 4 + length)) as Published;
    const bytes = body.subarray(8 + length, 8 + length + body.readUInt32LE(4 + length));
    const key = `${said.name}-${said.vers}`;
    if (crates.has(key)) return `crate ${key} is already uploaded`;
    crates.set(key, bytes);
    lines.set(said.name, [...(lines.get(said.name) ?? []), lineOf(said, bytes)]);
    return undefined;
  }

  const server = createServer((request, response) => {
    const url = request.url ?? '';
    const name = url.slice(url.lastIndexOf('/') + 1);
    if (request.method === 'PUT') {
      void bodyOf(request).then((body) => {
        const detail = publish(body);
        const warnings = { invalid_categories: [], invalid_badges: [], other: [] };
        response.end(JSON.stringify(detail === undefined ? { warnings } : { errors: [{ detail }] }));
      });
    } else if (url === '/index/config.json') {
      response.end(JSON.stringify({ dl: `${address}/crates/{crate}-{version}`, api: address }));
    } else if (url.startsWith('/index/') && lines.has(name)) {
      response.end(`${lines.get(name)?.join('\n')}\n`);
    } else if (url.startsWith('/crates/') && crates.has(name)) {
      response.end(crates.get(name));
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, index: `sparse+${address}/index/`, crates };
}
