/** `wasi-mmap serve`: requests per second and their 99th percentile, against a native server with the same code. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WASMTIME } from '../tools/wasmtime.mjs';
import { add, heading } from './report.mjs';

/** The depth of the search tree: each address has 21 nodes before its record. */
const DEPTH = 21;
const RECORD = 40;
const GEO = 'build/guests/rust/geo.wasm';
const SECONDS = Number(process.env['BENCH_SERVE_SECONDS'] ?? 5);
const CONNECTIONS = 16;

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

/** Starts a server, checks an answer, and loads it. */
async function load(folder: string, command: string[], port: RegExp, expected: string): Promise<Load> {
  const [program = '', ...args] = command;
  const log = join(folder, 'serve.log');
  const output = openSync(log, 'w');
  const child = spawn(program, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  const ended = new Promise((resolve) => child.on('close', resolve));
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
    const run = (seconds: number): string => {
      const { stdout, stderr } = spawnSync('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}`, '-s', script, url]);
      return `${String(stdout)}${String(stderr)}`;
    };
    run(1);
    const result = /RESULT (\d+) (\d+) (\d+) (\d+)/.exec(run(SECONDS));
    const [requests = 0, duration = 0, percentile = 0, errors = NaN] = (result ?? []).slice(1).map(Number);
    if (errors !== 0) throw new Error(`${command.join(' ')}: ${errors} requests failed`);
    return { perSecond: requests / (duration / 1e6), percentile: percentile / 1000 };
  } finally {
    child.kill('SIGTERM');
    await ended;
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
  const rival = (...words: string[]) => load(folder, [native, database, ...words], /^(\d+)\n/, expected);
  const ours = (access: string, ...more: string[]) => {
    const geo = [
      '--dir-ro',
      `${folder}::/data`,
      '--env',
      'GEO_DATABASE=/data/large.mmdb',
      '--env',
      `GEO_ACCESS=${access}`,
    ];
    const command = [WASMTIME, 'serve', '--addr', '127.0.0.1:0', ...geo, ...more, GEO];
    return load(folder, command, /http:\/\/127\.0\.0\.1:(\d+)\//, expected);
  };
  heading(`HTTP: lookups in a database of 101 MB, ${CONNECTIONS} connections`);
  const results: Record<string, Load> = {};
  for (const access of ['span', 'mapping', 'file']) {
    results[access] = await ours(access);
    results[`${access}, reused`] = await ours(access, '--reuse', '10000');
  }
  const open = await rival();
  const mapped = await rival('map');
  for (const [name, { perSecond, percentile }] of Object.entries(results)) {
    const other = name.endsWith('reused') ? open : mapped;
    const against = name.endsWith('reused') ? 'native, mapped once' : 'native, mapped each time';
    add('requests', name, against, '/s', perSecond, other.perSecond);
    add('99th percentile', name, against, 'ms', percentile, other.percentile);
  }
}
