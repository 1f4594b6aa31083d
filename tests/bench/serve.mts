/** `wasi-mmap serve`: requests per second and their 99th percentile, against a native server with the same code. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WASMTIME } from '../tools/wasmtime.mjs';
import type { Rounds } from './figures.mjs';
import { add, heading, QUICK, rounds } from './report.mjs';

/** The depth of the search tree: each address has 21 nodes before its record. */
const DEPTH = 21;
const RECORD = 40;
const GEO = 'build/guests/rust/geo.wasm';
/** Of each round. */
const SECONDS = Number(process.env['BENCH_SERVE_SECONDS'] ?? (QUICK ? 1 : 3));
const CONNECTIONS = 16;
/** The native server maps the database for each request, or once. */
const EACH_TIME = 'native, mapped each time';
const ONCE = 'native, mapped once';

/** Writes a database of 101 MB in MaxMind's format: a full tree, and a record of 40 bytes for each of its leaves. */
export function writeDatabase(path: string): void {
  const leaves = 2 ** DEPTH;
  const nodes = leaves - 1;
  const bytes = Buffer.alloc(nodes * 8 + 16 + leaves * RECORD);
  for (let node = 0; node < nodes; node += 1) {
    for (const side of [0, 1]) {
      const child = 2 * node + 1 + side; // As in a heap.
      const leaf = child - nodes;
      bytes.writeUInt32BE(leaf < 0 ? child : nodes + 16 + leaf * RECORD, node * 8 + side * 4);
    }
  }
  const record = Buffer.from('\xe3\x44leaf\xc4....\x47country\x42AB\x44city\x4c000000 city ', 'latin1');
  for (let leaf = 0; leaf < leaves; leaf += 1) {
    const at = nodes * 8 + 16 + leaf * RECORD;
    record.copy(bytes, at);
    bytes.writeUInt32BE(leaf, at + 7);
  }
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x40 | value.length]), Buffer.from(value)]);
  const number = (type: number, value: number): Buffer => Buffer.from([type << 5 | 4, value >>> 24, value >>> 16, value >>> 8, value]); // prettier-ignore
  const size16 = (value: number): Buffer => Buffer.from([0xa2, value >>> 8, value]);
  const metadata = Buffer.concat([
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    Buffer.from([0xe9]),
    text('node_count'),
    number(6, nodes),
    text('record_size'),
    size16(32),
    text('ip_version'),
    size16(4),
    text('database_type'),
    text('Test'),
    text('languages'),
    Buffer.from([1, 4, 0x42, 0x65, 0x6e]),
    text('binary_format_major_version'),
    size16(2),
    text('binary_format_minor_version'),
    size16(0),
    text('build_epoch'),
    Buffer.from([4, 2, 0x69, 0, 0, 0]),
    text('description'),
    Buffer.from([0xe0]),
  ]);
  writeFileSync(path, Buffer.concat([bytes, metadata]));
}

const SCRIPT = `
math.randomseed(os.time())
request = function()
  local r = math.random
  return wrk.format("GET", string.format("/lookup?ip=%d.%d.%d.%d", r(0, 255), r(0, 255), r(0, 255), r(0, 255)))
end
done = function(summary, latency)
  local e = summary.errors
  print(string.format("RESULT %d %d %d %d", summary.requests, summary.duration, latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;

interface Load {
  perSecond: number;
  /** In milliseconds. */
  percentile: number;
}

interface Server {
  /** Sends requests for so many seconds. */
  load(seconds: number): Load;
  end(): Promise<void>;
}

/** Starts a server and checks an answer. */
async function start(folder: string, name: string, command: string[], port: RegExp, expected: string): Promise<Server> {
  const [program = '', ...args] = command;
  const log = join(folder, `serve ${name}.log`);
  const output = openSync(log, 'w');
  const child = spawn(program, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const end = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    let found: RegExpExecArray | null = null;
    for (let left = 1200; !found && left > 0; left -= 1) {
      await sleep(50);
      found = port.exec(readFileSync(log, 'utf8'));
    }
    const url = `http://127.0.0.1:${found?.[1]}/`;
    const answer = await (await fetch(`${url}lookup?ip=1.2.3.4`)).text();
    if (answer !== expected) throw new Error(`${command.join(' ')} answered ${answer}`);
    const script = join(folder, 'load.lua');
    writeFileSync(script, SCRIPT);
    return {
      load(seconds) {
        const words = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}`, '-s', script, url];
        const { stdout, stderr } = spawnSync('wrk', words, { encoding: 'utf8' });
        const result = /RESULT (\d+) (\d+) (\d+) (\d+)/.exec(`${stdout}${stderr}`);
        const [requests = 0, duration = 0, percentile = 0, errors = NaN] = (result ?? []).slice(1).map(Number);
        if (errors !== 0) throw new Error(`${command.join(' ')}: ${errors} requests failed`);
        return { perSecond: requests / (duration / 1e6), percentile: percentile / 1000 };
      },
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Measures the example geo with a database of 101 MB. */
export async function serveFigures(folder: string): Promise<void> {
  if (spawnSync('wrk', ['-v']).error || !existsSync(GEO)) {
    console.log('SKIPPED serve: it needs wrk (apt-get install wrk) and the target wasm32-wasip2');
    if (process.env['CI'] !== undefined) process.exitCode = 1;
    return;
  }
  const build = ['build', '--quiet', '--locked', '--release', '--manifest-path', 'tests/bench/serve/Cargo.toml'];
  const { status, stderr } = spawnSync('.build/cargo.sh', build, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the native server was not built: ${stderr}`);
  const native = join(process.env['CARGO_TARGET_DIR'] ?? 'tests/bench/serve/target', 'release/native-geo');
  const database = join(folder, 'large.mmdb');
  writeDatabase(database);
  // 1.2.3.4, its first 21 bits.
  const expected = `{"leaf":${0x01020304 >>> (32 - DEPTH)},"country":"AB","city":"000000 city "}\n`;
  const rival = (name: string, ...words: string[]) =>
    start(folder, name, [native, database, ...words], /^(\d+)\n/, expected);
  const ours = (name: string, access: string, ...more: string[]) => {
    const geo = [
      '--dir-ro',
      `${folder}::/data`,
      '--env',
      'GEO_DATABASE=/data/large.mmdb',
      '--env',
      `GEO_ACCESS=${access}`,
    ];
    const command = [WASMTIME, 'serve', '--addr', '127.0.0.1:0', ...geo, ...more, GEO];
    return start(folder, name, command, /http:\/\/127\.0\.0\.1:(\d+)\//, expected);
  };
  heading(`HTTP: lookups in a database of 101 MB, ${CONNECTIONS} connections`);
  const servers: Record<string, Server> = {};
  const results: Record<string, Load[]> = {};
  try {
    for (const access of ['span', 'mapping', 'file']) {
      servers[access] = await ours(access, access);
      servers[`${access}, reused`] = await ours(`${access}, reused`, access, '--reuse', '10000');
    }
    servers[EACH_TIME] = await rival(EACH_TIME, 'map');
    servers[ONCE] = await rival(ONCE);
    for (const server of Object.values(servers)) server.load(1);
    // In turn: the others wait meanwhile and take no time of a processor.
    for (let round = 0; round < rounds(5, 3); round += 1) {
      for (const [name, server] of Object.entries(servers)) (results[name] ??= []).push(server.load(SECONDS));
    }
  } finally {
    for (const server of Object.values(servers)) await server.end();
  }
  const of = (name: string, what: keyof Load): Rounds => (results[name] ?? []).map((load) => load[what]);
  for (const name of Object.keys(servers).filter((server) => server !== EACH_TIME && server !== ONCE)) {
    const against = name.endsWith('reused') ? ONCE : EACH_TIME;
    add('requests', name, against, '/s', of(name, 'perSecond'), of(against, 'perSecond'));
    add('99th percentile', name, against, 'ms', of(name, 'percentile'), of(against, 'percentile'));
  }
}
