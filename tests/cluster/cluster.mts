/**
 * Components that map, with the polyfill in them, in two hosts of wasmCloud that share a volume: requests through both while one
 * of them ends, first as an operator ends it and then as a crash does. `make cluster` builds what it needs.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findNats, findService } from '../contract/engine-commands.mjs';
import { Nats } from './nats.mjs';
import { serveImages } from './registry.mjs';

/** How long a host goes on serving after it was told to end. Its probe says at once that it is leaving. */
const DRAIN_S = 3;
const lines = Array.from({ length: 200_000 }, (_, index) => `line ${index} of the log, word${index}x`);

interface Service {
  name: string;
  component: string;
  environment?: Record<string, string>;
  /** A request, and its answer. */
  ask(number: number): [path: string, answer: string];
}

const log: Service = {
  name: 'log',
  component: 'build/cluster/service.wasm',
  ask: (number) => {
    const index = (number * 7919) % lines.length;
    return [`/word${index}x`, lines[index] ?? ''];
  },
};

/** The example of guest/rust. Its answer is long: the first one is what the others must be. */
let london = '';
const DATABASE = 'build/programs/maxmind-db/test-data/GeoIP2-City-Test.mmdb';
const geo: Service = {
  name: 'geo',
  component: 'build/guests/rust/geo.wasm',
  environment: { GEO_DATABASE: '/data/city.mmdb', GEO_ACCESS: 'mapping' },
  ask: () => ['/lookup?ip=81.2.69.160', london],
};

const services = [log, ...(existsSync(geo.component) && existsSync(DATABASE) ? [geo] : [])];

/** The component with the polyfill in it. */
function plugged({ name, component }: Service): Buffer {
  const output = join(folder, `${name}.wasm`);
  const words = ['dist/cli/main.mjs', 'plug', component, '-o', output];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${component}: ${stderr}`);
  return readFileSync(output);
}

/** The host in the URL of a request says which workload it is for. */
const hostOf = ({ name }: Service): string => `${name}.example`;

interface Host {
  id: string;
  process: ChildProcess;
  http: number;
  probe: number;
}

const folder = mkdtempSync(resolve('build', 'cluster-'));
const children: ChildProcess[] = [];
let nats: Nats;
let natsPort = 0;
let registryPort = 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function start(program: string, words: string[], name: string): ChildProcess {
  const home = join(folder, name);
  mkdirSync(home);
  const child = spawn(program, words, {
    env: { PATH: process.env['PATH'], HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => (said = `${said}${data}`.slice(-4000)));
  child.on('close', () => (said.includes('panicked') ? console.log(`${name}: ${said}`) : undefined));
  children.push(child);
  return child;
}

async function eventually<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(100);
  }
  throw new Error(`in a minute: no ${what}`);
}

interface Answer {
  status: number;
  text: string;
}

/** One request. Undefined if the host did not take it: whoever sends requests may send it to another. */
async function get(port: number, path: string, host = hostOf(log)): Promise<Answer | undefined> {
  return new Promise((done, failed) => {
    const sent = request(
      { port, path, host: '127.0.0.1', headers: { host }, agent: false, timeout: 60_000 },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (data) => (text += data));
        response.on('end', () => done({ status: response.statusCode ?? 0, text }));
        response.on('error', failed);
      },
    );
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? done(undefined) : failed(error),
    );
    sent.end();
  });
}

/** The manifest: what an operator of wasmCloud sends to a host. */
const workload = (service: Service, image: string): object => ({
  namespace: 'test',
  name: service.name,
  witWorld: {
    components: [
      {
        name: service.name,
        image: `127.0.0.1:${registryPort}/${image}:1`,
        localResources: {
          environment: service.environment ?? {},
          volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true }],
        },
      },
    ],
    hostInterfaces: [
      { namespace: 'wasi', package: 'http', interfaces: ['incoming-handler'], config: { host: hostOf(service) } },
    ],
  },
  volumes: [{ name: 'data', hostPath: { localPath: join(folder, 'data') } }],
});

const startWorkload = (host: string, workloadId: string, service: Service, image: string): Promise<unknown> =>
  nats.request(`runtime.host.${host}.workload.start`, { workloadId, workload: workload(service, image) });

async function startHost(program: string, name: string): Promise<Host> {
  const [http, probe] = [await freePort(), await freePort()];
  const url = `nats://127.0.0.1:${natsPort}`;
  const heartbeats: string[] = [];
  nats.subscribe('runtime.operator.heartbeat.>', (text) => heartbeats.push(text));
  const words = ['--host-name', name, '--scheduler-nats-url', url, '--data-nats-url', url];
  const addresses = ['--http-addr', `127.0.0.1:${http}`, '--probe-addr', `127.0.0.1:${probe}`];
  const options = ['--allow-insecure-registries', '--drain-delay', `${DRAIN_S}s`];
  const child = start(program, ['-l', 'error', '--non-interactive', 'host', ...words, ...addresses, ...options], name);
  const id = await eventually(
    `heartbeat of ${name}`,
    () =>
      heartbeats
        .map((text) => JSON.parse(text) as { id: string; hostname: string; httpPort: number })
        .find(({ hostname, httpPort }) => hostname === name || httpPort === http)?.id,
  );
  for (const service of services) {
    const reply = await startWorkload(id, `${service.name}-${name}`, service, service.name);
    assert.match(JSON.stringify(reply), /WORKLOAD_STATE_(RUNNING|STARTING)/);
    await eventually(`answer of ${service.name} in ${name}`, async () => {
      const answer = await get(http, service.ask(1)[0], hostOf(service)).catch(() => undefined);
      return answer?.status === 200 ? answer : undefined;
    });
  }
  return { id, process: child, http, probe };
}

const isReady = async ({ probe }: Host): Promise<boolean> =>
  (await get(probe, '/readyz').catch(() => undefined))?.status === 200;

/** Sends requests, eight at a time, each to the next host that is ready. Counts what became of them. */
async function load(hosts: Host[], count: number, at: number, event: () => void) {
  const answered = new Map<Host, number>(hosts.map((host) => [host, 0]));
  const lost: string[] = [];
  let [next, wrong, refused] = [0, 0, 0];
  async function sender(): Promise<void> {
    while (next < count) {
      const number = (next += 1);
      if (number === at) event();
      const service = services[number % services.length] ?? log;
      const [path, expected] = service.ask(number);
      for (let turn = number, tries = 0; ; turn += 1, tries += 1) {
        assert.ok(tries < 100, 'no host takes requests');
        const host = hosts[turn % hosts.length] as Host;
        if (!(await isReady(host))) continue;
        let answer: Answer | undefined;
        try {
          answer = await get(host.http, path, hostOf(service));
        } catch (error) {
          lost.push((error as Error).message);
          break;
        }
        if (answer === undefined) {
          refused += 1;
          continue;
        }
        if (answer.status !== 200 || answer.text !== expected) wrong += 1;
        answered.set(host, (answered.get(host) ?? 0) + 1);
        break;
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender));
  const [first = 0, second = 0] = answered.values();
  return { first, second, lost, wrong, refused };
}

const [wash, natsServer] = [findService(), findNats()];
const lacking = [wash ? '' : 'wash', natsServer ? '' : 'nats-server'].filter(Boolean).join(' and ');

if (!wash || !natsServer) {
  console.log(`SKIPPED wasmCloud: this machine has no ${lacking} (make cluster)`);
  test('SKIPPED wasmCloud', () => assert.not(process.env['CI'], `no ${lacking}`));
} else {
  const registry = serveImages(
    new Map([
      ['plain', readFileSync(log.component)],
      ...services.map((service): [string, Buffer] => [service.name, plugged(service)]),
    ]),
  );
  let [a, b]: Host[] = [];

  test.before(async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data/log'), `${lines.join('\n')}\n`);
    if (services.includes(geo)) copyFileSync(DATABASE, join(folder, 'data/city.mmdb'));
    registry.listen(0, '127.0.0.1');
    await once(registry, 'listening');
    registryPort = (registry.address() as AddressInfo).port;
    natsPort = await freePort();
    start(natsServer, ['-a', '127.0.0.1', '-p', `${natsPort}`], 'nats');
    nats = await eventually('NATS', () => Nats.connect(natsPort).catch(() => undefined));
    a = await startHost(wash.program, 'a');
    b = await startHost(wash.program, 'b');
  });

  test.after(() => {
    for (const child of children) child.kill('SIGKILL');
    nats?.close();
    registry.close();
    if (existsSync(folder)) rmSync(folder, { recursive: true });
  });

  test('each host answers from the volume', async () => {
    for (const { http } of [a, b] as Host[]) {
      assert.equal(await get(http, '/word199999x'), { status: 200, text: lines.at(-1) });
      assert.equal(await get(http, '/nowhere'), { status: 404, text: '' });
      assert.is((await get(http, '/word7x', 'other.example'))?.status, 404, 'the name of no workload');
    }
  });

  test('the service geo answers from its database', async () => {
    if (!services.includes(geo)) {
      console.log(`SKIPPED geo: ${geo.component} or ${DATABASE} is not built`);
      return assert.not(process.env['CI'], 'geo is not built');
    }
    for (const { http } of [a, b] as Host[]) {
      const answer = await get(http, geo.ask(1)[0], hostOf(geo));
      assert.is(answer?.status, 200);
      london ||= answer?.text ?? '';
      assert.is(answer?.text, london);
      assert.match(london, /"en":"London"/);
      assert.is((await get(http, '/lookup?ip=127.0.0.1', hostOf(geo)))?.status, 404);
    }
  });

  test('a host has no native mapping: without the polyfill the component does not start', async () => {
    const reply = JSON.stringify(await startWorkload(b?.id ?? '', 'log-plain', log, 'plain'));
    assert.match(reply, /WORKLOAD_STATE_ERROR/);
    assert.match(reply, /wasi-mmap:mmap/);
  });

  test('a host that is told to end loses no request', async () => {
    const { first, second, lost, wrong, refused } = await load([a, b] as Host[], 600, 200, () =>
      a?.process.kill('SIGTERM'),
    );
    console.log(`SIGTERM: ${first} + ${second} answered, ${lost.length} lost, ${wrong} wrong, ${refused} refused`);
    assert.equal([lost, wrong], [[], 0]);
    assert.is(first + second, 600);
    assert.ok(first > 50 && second > 300, `${first}, ${second}`);
    await eventually('end of the first host', () => (a?.process.exitCode === null ? undefined : true));
  });

  test('a host that is killed loses what it had taken, and nothing else', async () => {
    const third = await startHost(wash.program, 'c');
    const { first, second, lost, wrong, refused } = await load([third, b] as Host[], 600, 200, () =>
      third.process.kill('SIGKILL'),
    );
    console.log(`SIGKILL: ${first} + ${second} answered, ${lost.length} lost, ${wrong} wrong, ${refused} refused`);
    assert.is(wrong, 0);
    // Eight senders: what the host had taken is at most one request of each.
    assert.ok(lost.length <= 8, lost.join());
    assert.is(first + second + lost.length, 600);
    assert.ok(second > 300, `${first}, ${second}`);
  });
}

test.run();
