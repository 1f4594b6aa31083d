// The addon in worker threads: loaded there first, only there, or there too, and unloaded with them.
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { newFile, pattern, POSIX, runNode } from './support.mjs';

const SIZE = 100_000;

/** Runs code in a worker, with `data` as workerData, and returns its message. */
function inWorker(code: string, data: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(
      `const { mmap } = require('wasi-mmap'); const { parentPort, workerData } = require('worker_threads');\n${code}`,
      {
        eval: true,
        workerData: data,
      },
    );
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (status) => reject(new Error(`the worker ended with ${status} and no message`)));
  });
}

test('workers that never close what they map', async () => {
  const path = newFile(pattern(SIZE));
  for (let round = 0; round < 3; round += 1) {
    const results = await Promise.all(
      Array.from({ length: 4 }, () =>
        inWorker(
          `const maps = ['read', 'write', 'copy'].map((access) => mmap(workerData, 0, access));
           const views = maps.map((map) => map.view());
           parentPort.postMessage(views.map((view) => view[250]));`,
          path,
        ),
      ),
    );
    assert.equal(results.flat(), Array(12).fill(250));
  }
});

test('threads share a file through mappings of their own', async () => {
  const { mmap } = await import('wasi-mmap');
  const path = newFile(new Uint8Array(SIZE));
  const map = mmap(path);
  await inWorker(`const map = mmap(workerData); map.set('from the worker', 50_000); parentPort.postMessage(0);`, path);
  assert.is(Buffer.from(map.slice(50_000, 50_015)).toString(), 'from the worker');
  map.close();
  assert.is(readFileSync(path, 'latin1').slice(50_000, 50_015), 'from the worker');
});

test('a worker that is terminated in the middle of its work', async () => {
  const path = newFile(pattern(SIZE));
  for (let round = 0; round < 5; round += 1) {
    const worker = new Worker(
      `const { mmap } = require('wasi-mmap'); const { parentPort, workerData } = require('worker_threads');
       const map = mmap(workerData); parentPort.postMessage('ready');
       for (;;) { map.slice(); map.view(); mmap(workerData, 0, 'copy').at(1); }`,
      { eval: true, workerData: path },
    );
    await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
  }
});

test('the handler survives the only thread that loaded the addon', () => {
  const path = newFile(pattern(SIZE));
  const output = runNode(
    `
    import { Worker } from 'node:worker_threads';
    const worker = new Worker(\`
      const { mmap } = require('wasi-mmap');
      const { workerData } = require('worker_threads');
      mmap(workerData, 0, 'read').at(1);\`, { eval: true, execArgv: [], workerData: process.argv[1] });
    await new Promise((done) => worker.once('exit', done));
    const { mmap } = await import('wasi-mmap');
    const { truncateSync } = await import('node:fs');
    const map = mmap(process.argv[1], 0, 'read');
    if (process.platform !== 'win32') truncateSync(process.argv[1], 10); // Windows refuses it.
    try { console.log(map.at(-1)); } catch (error) { console.log(error.code); }
    // A trap in WebAssembly uses SIGSEGV, which the engine still handles.
    const trap = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0,
      5, 3, 1, 0, 1, 7, 5, 1, 1, 102, 0, 0, 10, 11, 1, 9, 0, 65, 128, 128, 16, 40, 2, 0, 11]));
    try { new WebAssembly.Instance(trap).exports.f(); } catch (error) { console.log(error.constructor.name); }
  `,
    path,
  );
  // In a file system in memory, the byte can be zero.
  assert.match(output, POSIX ? /^(fault|0)\nRuntimeError\n$/ : /^101\nRuntimeError\n$/);
});

test.run();
