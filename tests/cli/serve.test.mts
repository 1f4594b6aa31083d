// `wasi-mmap serve`: requests, limits, hostile guests and clients, the log, signals. Needs `make guests wasmtime`.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, component, folder, isWindows, refusal, start } from './command.mjs';
import { command } from './names.mjs';
import { received, serve, type Running } from './serving.mjs';

const SERVER = 'build/guests/rust/server.wasm';
const GEO = 'build/guests/rust/geo.wasm';
const DATABASES = 'build/programs/maxmind-db/test-data';
const program = COMMANDS['wasmtime'];

function skip(reason: string): void {
  console.log(`SKIPPED the tests of serve: ${reason}`);
  if (process.env['CI'] !== undefined) process.exitCode = 1;
}

/** A server that its test stops. */
async function using(args: string[], use: (server: Running) => Promise<void>): Promise<void> {
  const server = await serve(program ?? [''], args);
  try {
    await use(server);
  } finally {
    server.kill('SIGTERM');
  }
  const code = await server.ended;
  if (!isWindows) assert.is(code, 0, server.log()); // There, the signal ends a process at once.
}

test('Node refuses', () => {
  const node = COMMANDS['node'];
  if (node) refusal(node)(['serve', SERVER], /^wasi-mmap: a component can hang or end .*: use "serve" of the command for wasmtime/); // prettier-ignore
});

if (program === undefined) skip('the command for wasmtime is not built');
else if (!existsSync(SERVER)) skip('rustc has no target wasm32-wasip2, for the components');
else {
  const refuses = refusal(program);

  test('what cannot be served', async () => {
    refuses(['serve'], /no component to serve/);
    refuses(['serve', 'missing.wasm'], /no such file/);
    refuses(['serve', await component('command.wasm', command(''))], /does not export wasi:http\/incoming-handler\n$/);
    refuses(['run', SERVER], /is not a command/);
    refuses(['serve', '--timeout', '0', SERVER], /not seconds/);
    refuses(['serve', '--timeout', '1e3', SERVER], /not seconds/);
    refuses(['serve', '--reuse', '0', SERVER], /--reuse needs a number/);
    refuses(['serve', '--max-requests=-1', SERVER], /--max-requests needs a number/);
    refuses(['serve', '--max-memory', 'much', SERVER], /not a size/);
    refuses(['serve', '--unknown', SERVER], /unknown option: --unknown/);
    refuses(['run', '--reuse', '1', SERVER], /unknown option: --reuse/);
    refuses(['serve', '--addr', '127.0.0.1', SERVER], /cannot listen on 127\.0\.0\.1/);
    refuses(['serve', '--dir', 'missing', SERVER], /not a directory/);
  });

  test('requests, each with an instance of its own, and a line in the log', () =>
    using(['--env', 'NAME=value', SERVER, 'word'], async ({ get, logged, port }) => {
      refuses(['serve', '--addr', `127.0.0.1:${port}`, SERVER], /cannot listen on 127\.0\.0\.1:\d+: /);
      const answers = await Promise.all(Array.from({ length: 50 }, () => get('/count')));
      assert.ok(answers.every(({ status, text }) => status === 200 && text === '1'));
      assert.is((await get('/environment')).text, '["server.wasm", "word"] Ok("value")');
      const body = Buffer.alloc(3_000_000, 'body');
      assert.is((await get('/echo', { method: 'POST' }, body)).text, body.toString());
      assert.is((await get('/ok', { method: 'HEAD' })).status, 200);
      await logged(/^\[\d+\] GET \/count 200 \d+\.\d ms$/m);
      await logged(/^\[\d+\] POST \/echo 200 \d+\.\d ms$/m);
      await logged(/^\[\d+\] HEAD \/ok 200 \d+\.\d ms$/m);
    }));

  test('instances that handle several requests', () =>
    using(['--reuse', '3', SERVER], async ({ get }) => {
      const counts = [];
      for (let index = 0; index < 7; index += 1) counts.push((await get('/count')).text);
      assert.equal(counts, ['1', '2', '3', '1', '2', '3', '1']);
      // One that failed is not used again, and neither is one that left its response open or out.
      assert.is((await get('/trap')).status, 500);
      assert.is((await get('/count')).text, '1');
      assert.is((await get('/silent-kept')).status, 500);
      assert.is((await get('/count')).text, '1');
    }));

  test('directories', async () => {
    const data = join(folder, 'served');
    mkdirSync(data);
    writeFileSync(join(data, 'file'), 'text');
    await using(['--dir-ro', `${data}::/data`, SERVER], async ({ get }) => {
      assert.match((await get('/files')).text, /^Ok\("text"\) Err\((PermissionDenied|ReadOnlyFilesystem)\)$/);
    });
    await using(['--dir', `${data}::/data`, SERVER], async ({ get }) => {
      assert.is((await get('/files')).text, 'Ok("text") Ok(())');
    });
    await using([SERVER], async ({ get }) => {
      assert.match((await get('/files')).text, /^Err\(\w+\) Err\(\w+\)$/);
    });
  });

  test('guests that fail harm no others', () =>
    using(['--timeout', '2', '--max-memory', '64M', SERVER], async ({ get, logged }) => {
      const hanging = Array.from({ length: 8 }, () => get('/hang'));
      const endless = get('/endless');
      const failures = Promise.all(
        ['/trap', '/silent', '/silent-kept', '/error', '/exit?1', '/grow?100'].map((path) => get(path)),
      );
      for (let index = 0; index < 20; index += 1) assert.is((await get('/ok')).text, 'ok');
      for (const { status, text } of await failures) {
        assert.is(status, 500);
        assert.is(text, '500 Internal Server Error\n'); // Nothing of what is inside.
      }
      assert.is((await get('/grow?20')).text, '20');
      for (const { status } of await Promise.all(hanging)) assert.is(status, 504);
      assert.ok((await endless).cut);
      for (const path of ['/half', '/short', '/short-kept', '/open']) {
        const { status, text, cut } = await get(path);
        assert.is(status, 200);
        // A guest that leaves its body open and returns has ended it.
        assert.is(text, path === '/open' ? 'open' : 'half');
        assert.is(cut, path !== '/open', path);
      }
      await logged(/^\[\d+\] GET \/hang 504 \d+\.\d ms: more than 2 s$/m);
      await logged(/^\[\d+\] GET \/trap 500 \d+\.\d ms: the component failed: wasm trap: /m);
      await logged(/^\[\d+\] GET \/silent 500 \d+\.\d ms: the component did not respond$/m);
      await logged(/^\[\d+\] GET \/error 500 \d+\.\d ms: the component answered with an error: .*a\\nb.*$/m);
      await logged(/^\[\d+\] GET \/exit\?1 500 \d+\.\d ms: the component exited with 1$/m);
      await logged(/^\[\d+\] GET \/half 200 \d+\.\d ms: the component failed: /m);
      await logged(/^\[\d+\] GET \/short 200 \d+\.\d ms: the component gave its response up: HttpProtocolError$/m);
      await logged(/^\[\d+\] GET \/short-kept 200 \d+\.\d ms: the response is shorter than its content-length$/m);
      await logged(/^\[\d+\] GET \/endless 200 \d+\.\d ms: more than 2 s$/m);
    }));

  test('what guests print cannot be taken for the log', () =>
    using([SERVER], async ({ get, log, logged }) => {
      await get('/print');
      await logged(/^\[1\] stdout: from the guest$/m);
      await logged(/^\[1\] stderr: \\u\{1b\}\[31m$/m);
      await logged(/^\[1\] stderr: \[1\] GET \/forged 200 0\.1 ms$/m);
      assert.is((await get('/flood')).text, 'printed');
      await logged(/^\[2\] stderr: \(more is not shown\)$/m);
      assert.ok(log().length < 200_000);
      await get(`/${'a'.repeat(2000)}`);
      await logged(/^\[3\] GET \/a{299}\.\.\. 200 /m);
    }));

  test('outgoing requests are denied unless they are allowed', () =>
    using([SERVER], async (target) => {
      const path = `/fetch?127.0.0.1:${target.port}`;
      assert.match((await target.get(path)).text, /^Err\(ErrorCode::HttpRequestDenied\)$/);
      if (isWindows) return refuses(['serve', '--allow-outgoing', SERVER], /cannot be sent on this system/);
      await using(['--allow-outgoing', SERVER], async ({ get }) => {
        assert.is((await get(path)).text, 'Ok(200)');
      });
    }));

  test('one request at a time, and those that wait for too long', () =>
    using(['--max-requests', '1', '--timeout', '1', SERVER], async ({ get, logged }) => {
      const [first, second] = await Promise.all([get('/sleep?400'), get('/sleep?400')]);
      assert.equal([first?.text, second?.text], ['slept', 'slept']);
      const statuses = (await Promise.all([get('/hang'), get('/hang')]))
        .map(({ status }) => status)
        .sort((one, other) => one - other);
      assert.ok(statuses[0] === 503 || statuses[0] === 504);
      assert.is(statuses[1], 504);
      await logged(/: more than 1 s$/m);
      assert.is((await get('/ok')).text, 'ok');
    }));

  test('clients that are slow, or leave', () =>
    using(['--timeout', '5', SERVER], async ({ get, open, logged }) => {
      // Heads without an end, and connections without a request, are closed.
      const idle = open();
      const slow = open();
      slow.write('GET /ok HTTP/1.1\r\nHost: a\r\n');
      const drip = setInterval(() => slow.write('a: b\r\n'), 500);
      const begun = Date.now();
      const closed = Promise.all([received(idle), received(slow)]).then(() => clearInterval(drip));
      const large = open();
      large.write(`GET /ok HTTP/1.1\r\nHost: a\r\na: ${'b'.repeat(100_000)}\r\n\r\n`);
      assert.match(await received(large), /^(HTTP\/1\.1 431 |$)/);
      const many = open();
      many.write(`GET /ok HTTP/1.1\r\nHost: a\r\n${'a: b\r\n'.repeat(1000)}\r\n`);
      assert.match(await received(many), /^(HTTP\/1\.1 431 |$)/);
      const nameless = open();
      nameless.write('GET /ok HTTP/1.1\r\nConnection: close\r\n\r\n');
      assert.match(await received(nameless), /^HTTP\/1\.1 400 /);
      const tunnel = open();
      tunnel.write('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n');
      assert.match(await received(tunnel), /^HTTP\/1\.1 501 /);
      const leaving = open();
      leaving.write('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n');
      await new Promise((resolve) => leaving.once('data', resolve));
      leaving.destroy();
      await logged(/ GET \/endless 200 \d+\.\d ms: the client went away$/m);
      assert.is((await get('/ok')).text, 'ok');
      await closed;
      const seconds = (Date.now() - begun) / 1000;
      assert.ok(seconds > 8 && seconds < 25, String(seconds));
    }));

  if (!isWindows) {
    test('SIGTERM lets requests finish', async () => {
      const server = await serve(program, [SERVER]);
      const running = server.get('/sleep?1500');
      const idle = server.open();
      await server.get('/ok');
      await sleep(300);
      server.kill('SIGTERM');
      await server.logged(/stopping, within 30 s/);
      let refused = false;
      for (let left = 40; !refused && left > 0; left -= 1) refused = await server.get('/ok').then(() => false, () => true); // prettier-ignore
      assert.ok(refused);
      assert.is((await running).text, 'slept');
      assert.is(await server.ended, 0);
      idle.destroy();
    });

    test('SIGINT waits for no longer than a request may take, and no longer after a second one', async () => {
      const server = await serve(program, ['--timeout', '1', SERVER]);
      void server.get('/endless').catch(() => undefined);
      await sleep(300);
      server.kill('SIGINT');
      assert.is(await server.ended, 0);
      const other = await serve(program, ['--timeout', '60', SERVER]);
      void other.get('/hang').catch(() => undefined);
      await sleep(300);
      other.kill('SIGINT');
      await other.logged(/stopping, within 60 s/);
      other.kill('SIGINT');
      assert.is(await other.ended, 0);
      assert.match(other.log(), /1 requests? did not end in time/);
    });
  }

  test('an address that others reach is said', async () => {
    const outside = Object.values(networkInterfaces()).flat().some((one) => one?.internal === false); // prettier-ignore
    if (!outside) return;
    const args = ['serve', '--addr', '0.0.0.0:0', SERVER];
    const { error } = start(program, args, { timeout: 5000 }); // It serves until then.
    assert.match(error, /0\.0\.0\.0 is not loopback: other machines reach it/);
  });

  if (existsSync(DATABASES)) {
    for (const access of ['span', 'mapping', 'file']) {
      for (const reuse of ['1', '100']) {
        const database = ['--dir-ro', `${DATABASES}::/data`, '--env', 'GEO_DATABASE=/data/GeoIP2-City-Test.mmdb'];
        const args = [...database, '--env', `GEO_ACCESS=${access}`, '--reuse', reuse, GEO];
        test(`the example geo, by ${access}, ${reuse} to an instance`, () =>
          using(args, async ({ get }) => {
            const found = await get('/lookup?ip=81.2.69.160');
            assert.is(found.status, 200);
            assert.is(found.headers['content-type'], 'application/json');
            const { city, country, location } = JSON.parse(found.text) as Record<string, any>; // eslint-disable-line
            assert.is(city.names.en, 'London');
            assert.is(country.iso_code, 'GB');
            assert.is(location.latitude, 51.5142);
            const parallel = await Promise.all(Array.from({ length: 64 }, () => get('/lookup?ip=81.2.69.160')));
            for (const { text } of parallel) assert.is(text, found.text);
            assert.is((await get('/lookup?ip=2001%3A218%3A%3A1')).status, 200);
            assert.is((await get('/lookup?ip=127.0.0.1')).status, 404);
            assert.is((await get('/lookup?ip=nobody')).status, 400);
            assert.is((await get('/')).status, 404);
            assert.is((await get('/lookup?ip=1.1.1.1', { method: 'POST' })).status, 405);
            const head = await get('/lookup?ip=81.2.69.160', { method: 'HEAD' });
            assert.is(head.text, '');
            assert.is(head.headers['content-length'], String(Buffer.byteLength(found.text)));
          }));
      }
    }

    test('the example geo with the polyfill, and without its database', async () => {
      const name = 'GeoIP2-City-Test.mmdb';
      const environment = ['--env', `GEO_DATABASE=/data/${name}`];
      await using(['--no-native', '--dir-ro', `${DATABASES}::/data`, ...environment, GEO], async ({ get }) => {
        assert.is((await get('/lookup?ip=81.2.69.160')).status, 200);
      });
      await using([...environment, GEO], async ({ get, logged }) => {
        assert.is((await get('/lookup?ip=81.2.69.160')).status, 500);
        await logged(/^\[1\] stderr: /m);
      });
      assert.ok(readFileSync(join(DATABASES, name)).length > 1000);
    });
  } else skip('the databases of libmaxminddb are not built (make programs)');
}

test.run();
