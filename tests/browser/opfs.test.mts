// Stores into OPFS run one at a time. It needs no browser.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

interface Adapter {
  flush(): Promise<void>;
}

const { queueFlushes } = (await import(pathToFileURL(resolve('dist/portable/ts/preview2-shim/opfs.mjs')).href)) as {
  queueFlushes: <T extends Adapter>(adapter: T) => T;
};

const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 5));

test('a store begins when the last one has ended, and serves all callers that asked meanwhile', async () => {
  let written = 0;
  let stored = 0;
  let running = 0;
  let count = 0;
  const adapter = queueFlushes({
    async flush() {
      assert.is((running += 1), 1);
      count += 1;
      const bytes = written;
      await pause();
      stored = bytes;
      running -= 1;
    },
  });
  const all: Array<Promise<void>> = [];
  for (written = 1; written <= 20; written += 1) {
    all.push(adapter.flush());
    if (written % 5 === 0) await pause();
  }
  written = 20;
  await adapter.flush();
  assert.is(stored, 20);
  await Promise.all(all);
  assert.ok(count < 10, `${count} for 21 requests`);
});

test('a failed store rejects for its own callers only', async () => {
  let fails = true;
  const adapter = queueFlushes({
    async flush() {
      if (fails) throw new Error('no space');
    },
  });
  const error = await adapter.flush().catch((reason: Error) => reason.message);
  assert.is(error, 'no space');
  fails = false;
  assert.is(await adapter.flush(), undefined);
});

test.run();
