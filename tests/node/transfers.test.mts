// Views whose memory moves: to a stream, into another buffer, to another thread. The memory stays valid wherever it goes, and
// so do all other views.
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { test as everywhere } from 'uvu';
import * as assert from 'uvu/assert';
import { mmap } from 'wasi-mmap';
import { liveRegions } from '#native';
import { collectUntil, inRuntimes, newFile, pattern } from './support.mjs';

const test = inRuntimes(everywhere);

const SIZE = 100_000;
const BYTES = pattern(SIZE);

/** Ways to move the memory of a buffer to another one in the same thread, as far as the engine has them. */
const WAYS = `({
  transfer: (bytes) => bytes.buffer.transfer && new Uint8Array(bytes.buffer.transfer()),
  fixed: (bytes) => bytes.buffer.transferToFixedLength && new Uint8Array(bytes.buffer.transferToFixedLength()),
  resizable: (bytes) => bytes.buffer.transfer && new Uint8Array(bytes.buffer.transfer(bytes.length + 1)),
  clone: (bytes) => structuredClone(bytes, { transfer: [bytes.buffer] }),
  enqueue: async (bytes) => {
    const stream = new ReadableStream({ type: 'bytes', start: (controller) => (controller.enqueue(bytes), controller.close()) });
    return (await stream.getReader().read()).value;
  },
  byob: async (bytes) => {
    const stream = new ReadableStream({ type: 'bytes', pull: (controller) => controller.byobRequest.respond(bytes.length) });
    return (await stream.getReader({ mode: 'byob' }).read(bytes)).value;
  },
  respond: async (bytes) => {
    const stream = new ReadableStream({ type: 'bytes', pull: (controller) => controller.byobRequest.respondWithNewView(bytes) });
    return (await stream.getReader({ mode: 'byob' }).read(new Uint8Array(bytes.length))).value;
  },
  channel: async (bytes) => {
    const { port1, port2 } = new (globalThis.MessageChannel ?? require('worker_threads').MessageChannel)();
    const got = new Promise((resolve) => (port2.onmessage = ({ data }) => (port2.close(), resolve(data))));
    try { port1.postMessage(bytes, [bytes.buffer]); } catch (error) { port2.close(); throw error; }
    return got;
  },
})`;

type Way = (bytes: Uint8Array) => Promise<Uint8Array | undefined>;
// oxlint-disable-next-line no-eval -- the same code runs in workers
const ways = (0, eval)(WAYS) as Record<string, Way>;

for (const [name, way] of Object.entries(ways)) {
  test(`${name} takes no other view with it`, async () => {
    for (const access of ['read', 'write', 'copy'] as const) {
      const map = mmap(newFile(BYTES), 0, access);
      for (let index = 0; index < 100; index += 1) map.at(index);
      const others = [map.view(), map.view(10, 20), map.view(10, 20)] as const;
      const given = map.view(10, 20);
      let got: Uint8Array | undefined;
      try {
        got = await way(given);
      } catch (error) {
        assert.ok(
          error instanceof TypeError || (error as Error).name === 'DataCloneError',
          `${name}: ${String(error)}`,
        );
      }
      if (got) assert.equal(got.slice(0, 10), BYTES.slice(10, 20), access);
      assert.equal([others[0], others[1], others[2]], [BYTES, BYTES.slice(10, 20), BYTES.slice(10, 20)], access);
      assert.equal([map.at(15), map.slice(), map.view(15, 16)[0]], [15, BYTES, 15], access);
      map.close();
      assert.equal(others[0], BYTES, access);
      if (got) assert.equal(got.slice(0, 10), BYTES.slice(10, 20), access);
    }
  });
}

test('moved memory is released when nothing holds it', async () => {
  await collectUntil(() => liveRegions() === 0);
  const give = async (): Promise<void> => {
    for (const way of Object.values(ways)) {
      const map = mmap(newFile(BYTES), 0, 'copy');
      try {
        await way(map.view());
      } catch {
        // Refused.
      }
      map.close();
    }
  };
  await give();
  assert.ok(await collectUntil(() => liveRegions() === 0), `${liveRegions()} regions are left`);
});

/** Runs a program that starts workers, and returns its output. A process that hangs is ended, and fails the test. */
function run(main: string, worker: string): string {
  const code = `
    const { Worker, isMainThread, parentPort, workerData, MessageChannel } = require('node:worker_threads');
    const once = (emitter, name) => new Promise((resolve) => emitter.once(name, resolve));
    const { setTimeout: sleep } = require('node:timers/promises');
    const { mmap } = require('wasi-mmap');
    const path = ${JSON.stringify(newFile(BYTES))};
    const ways = ${WAYS};
    const right = (bytes) => bytes.every((byte, index) => byte === index % 251 || index >= ${SIZE});
    const start = (data, options) => new Worker(code, { ...options, eval: true, workerData: data });
    const code = process.env.CODE;
    (async () => { if (isMainThread) { ${main} } else { ${worker} } })();
  `;
  return execFileSync(process.execPath, ['--expose-gc', '-e', code], {
    encoding: 'utf8',
    env: { ...process.env, CODE: code },
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

const COLLECT = `
  for (let round = 0; round < 5; round += 1) { gc(); await sleep(10); }
`;

for (const end of ['returns', 'exits', 'is terminated', 'runs out of memory']) {
  test(`a worker gives views away and ${end}`, () => {
    const output = run(
      `
      let got = [];
      const refused = [];
      await Promise.all(Object.keys(ways).flatMap((name) => ['read', 'write', 'copy'].map(async (access) => {
        const worker = start({ name, access }, { resourceLimits: { maxOldGenerationSizeMb: 20 } });
        worker.on('error', () => {});
        worker.on('message', (message) => typeof message === 'string' ? refused.push(message) : got.push(message));
        const exit = once(worker, 'exit');
        await Promise.race([once(worker, 'message'), exit]);
        if (${end === 'is terminated'}) worker.terminate();
        await exit;
      })));
      await sleep(50);
      const all = got.length + refused.length;
      let wrong = 0;
      const look = () => { for (const bytes of got) { if (!right(bytes)) wrong += 1; bytes[5] = 1; bytes[5] = 5; } };
      look();
      const map = mmap(path, 0, 'read');
      ${COLLECT}
      look();
      got = undefined;
      ${COLLECT}
      console.log(all === 24, wrong, map.at(9));
      `,
      `
      const map = mmap(path, 0, workerData.access);
      const other = map.view();
      let moved;
      try {
        moved = await ways[workerData.name](map.view());
        if (!moved) throw new Error('there is no such way');
        // Node 20 copies a marked buffer instead of refusing it.
        parentPort.postMessage(moved, [moved.buffer]);
      } catch (error) { parentPort.postMessage(workerData.name + ': ' + error.message); }
      globalThis.kept = [map, other];
      ${end === 'exits' ? 'process.exit();' : ''}
      ${end === 'is terminated' ? 'for (;;) map.view();' : ''}
      ${end === 'runs out of memory' ? 'const heap = []; for (;;) heap.push([1, 2, 3]);' : ''}
      `,
    );
    assert.is(output, 'true 0 9\n');
  });
}

test('through two workers, which both end', () => {
  const output = run(
    `
    const { port1, port2 } = new MessageChannel();
    const first = start({ first: true, port: port1 }, { transferList: [port1] });
    const firstEnd = once(first, 'exit');
    const message = await once(first, 'message');
    const second = start({ port: port2 }, { transferList: [port2] });
    const secondEnd = once(second, 'exit');
    const bytes = await once(second, 'message');
    await firstEnd;
    await secondEnd;
    ${COLLECT}
    console.log(right(bytes), message);
    `,
    `
    if (workerData.first) {
      const map = mmap(path, 0, 'read');
      const bytes = await ways.enqueue(map.view());
      workerData.port.postMessage(bytes, [bytes.buffer]);
      parentPort.postMessage('sent');
      workerData.port.close();
    } else {
      const bytes = await once(workerData.port, 'message');
      parentPort.postMessage(bytes, [bytes.buffer]);
    }
    `,
  );
  assert.is(output, 'true sent\n');
});

test('from the main thread to a worker that outlives the mapping', () => {
  const output = run(
    `
    const worker = start({});
    let map = mmap(path, 0, 'copy');
    const bytes = await ways.enqueue(map.view());
    map.close();
    map = undefined;
    worker.postMessage(bytes, [bytes.buffer]);
    ${COLLECT}
    worker.postMessage('look');
    console.log(await once(worker, 'message'));
    ${COLLECT}
    `,
    `
    let bytes;
    parentPort.on('message', (message) => {
      if (message !== 'look') { bytes = message; return; }
      parentPort.postMessage([bytes.length, right(bytes)].join());
      process.exit();
    });
    `,
  );
  assert.is(output, `${SIZE},true\n`);
});

test('the process ends while a worker has a view of the main thread', () => {
  const output = run(
    `
    const worker = start({});
    const bytes = await ways.enqueue(mmap(path, 0, 'copy').view());
    worker.postMessage(bytes, [bytes.buffer]);
    await once(worker, 'message');
    console.log('end');
    process.exit();
    `,
    `
    parentPort.once('message', (bytes) => {
      parentPort.postMessage('got');
      for (;;) if (!right(bytes)) throw new Error('wrong');
    });
    `,
  );
  assert.is(output, 'end\n');
});

test('memory that stays in a worker ends with it', async () => {
  await collectUntil(() => liveRegions() === 0);
  const { Worker } = await import('node:worker_threads');
  const path = newFile(BYTES);
  for (const how of ['', 'process.exit()', 'for (;;);']) {
    const worker = new Worker(
      `const { mmap } = require('wasi-mmap'); const { parentPort, workerData } = require('worker_threads');
       globalThis.kept = ['read', 'write', 'copy'].flatMap((access) => {
         const map = mmap(workerData, 0, access);
         for (let index = 0; index < 100; index += 1) map.at(index);
         return [map.view(), map.view(5), new DataView(map.view().buffer), map];
       });
       parentPort.postMessage('ready');
       ${how}`,
      { eval: true, workerData: path },
    );
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await new Promise((resolve) => worker.once('message', resolve));
    if (how === 'for (;;);') await worker.terminate();
    await ended;
    for (let round = 0; round < 100 && liveRegions() > 0; round += 1) await sleep(10);
    assert.is(liveRegions(), 0, how);
  }
});

test.run();
