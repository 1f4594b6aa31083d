// Programs with listeners for SIGBUS: lost pages stay errors, and the listeners get signals that are sent.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diskFolder, pattern } from '../support.mjs';

const SIZE = 10 * 4096;
const folder = diskFolder();
let files = 0;

/** Runs a program that can lose the pages of a mapping: `lose(map)` returns the result. A program that hangs is ended. */
function run(code: string): SpawnSyncReturns<string> {
  const path = join(folder, `${(files += 1)}`);
  writeFileSync(path, pattern(SIZE));
  const program = `
    const { truncateSync, writeFileSync, copyFileSync } = require('node:fs');
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    const { once } = require('node:events');
    const { setTimeout: sleep } = require('node:timers/promises');
    const path = ${JSON.stringify(path)};
    let files = 0;
    const open = (file = path + '-' + process.pid + '-' + (files += 1)) => {
      copyFileSync(path, file);
      const map = require('wasi-mmap').mmap(file, 0, 'read');
      return Object.assign(map, { file });
    };
    /** Both ways to access a lost page: by a call, and directly. */
    const lose = (map) => {
      const view = map.view();
      truncateSync(map.file, 0);
      let said = view[5];
      try { said += ' ' + map.read(); } catch (error) { said += ' ' + error.code; }
      return said;
    };
    let seen = 0;
    /** Sends a signal, and waits for the listener, which takes long on a loaded or emulated machine. */
    const kill = async (signal = 'SIGBUS') => {
      process.kill(process.pid, signal);
      for (let round = 0; round < 200 && seen === 0; round += 1) await sleep(50);
    };
    const listener = () => { seen += 1; };
    (async () => { ${code} })();
  `;
  return spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout: 30_000, killSignal: 'SIGKILL' });
}

function prints(name: string, code: string, expected: string): void {
  test(name, () => {
    const { stdout, stderr, signal } = run(code);
    assert.equal([stdout, signal], [`${expected}\n`, null], stderr);
  });
}

const LOST = '0 fault';

prints(
  'a listener that is added after a mapping',
  `const map = open(); process.on('SIGBUS', listener); console.log(lose(map)); await kill(); console.log(seen);`,
  `${LOST}\n1`,
);

prints(
  'a listener that is added before the library is loaded',
  `process.on('SIGBUS', listener); const map = open(); console.log(lose(map)); await kill(); console.log(seen);`,
  `${LOST}\n1`,
);

prints(
  'a listener that is added before the first mapping',
  `require('wasi-mmap'); process.on('SIGBUS', listener); console.log(lose(open())); await kill(); console.log(seen);`,
  `${LOST}\n1`,
);

for (const add of ['once', 'prependListener', 'prependOnceListener', 'addListener']) {
  prints(
    `process.${add}, and after it was called`,
    `const [one, two] = [open(), open()];
     process.${add}('SIGBUS', listener);
     console.log(lose(one));
     await kill();
     process.removeListener('SIGBUS', listener);
     console.log(seen, lose(two));`,
    `${LOST}\n1 ${LOST}`,
  );
}

prints(
  'a promise of a signal',
  `const [one, two] = [open(), open()];
   const promise = once(process, 'SIGBUS');
   console.log(lose(one));
   process.kill(process.pid, 'SIGBUS');
   const alive = setInterval(() => {}, 1000); // A listener for signals alone does not keep the process.
   await promise;
   clearInterval(alive);
   console.log(lose(two), process.listenerCount('SIGBUS'));`,
  `${LOST}\n${LOST} 0`,
);

prints(
  'several listeners, which come and go',
  `const maps = Array.from({ length: 6 }, () => open());
   const others = [1, 2, 3].map(() => () => { seen += 10; });
   const said = [];
   for (const other of others) { process.on('SIGBUS', other); said.push(lose(maps.pop())); }
   await kill();
   for (const other of others) { process.off('SIGBUS', other); said.push(lose(maps.pop())); }
   console.log(seen, ...new Set(said));`,
  `30 ${LOST}`,
);

for (const remove of [`removeAllListeners('SIGBUS')`, 'removeAllListeners()']) {
  test(`process.${remove}`, () => {
    const { stdout, signal, stderr } = run(
      `const map = open();
       process.on('SIGBUS', listener);
       process.${remove};
       console.log(lose(map));
       await kill();
       console.log('not the end');`,
    );
    assert.equal([stdout, signal], [`${LOST}\n`, 'SIGBUS'], stderr);
  });
}

prints(
  'a report on the signal',
  `const map = open();
   process.report.directory = '/nowhere';
   process.report.signal = 'SIGBUS';
   process.report.reportOnSignal = true;
   console.log(lose(map));
   process.report.reportOnSignal = false;
   console.log(lose(open()));`,
  `${LOST}\n${LOST}`,
);

prints(
  'listeners for other signals are left alone',
  `open();
   process.on('SIGUSR2', listener);
   await kill('SIGUSR2');
   process.removeAllListeners('SIGUSR2');
   console.log(seen, lose(open()));`,
  `1 ${LOST}`,
);

/** A worker that maps, reports it, and loses the pages of its mapping on request. */
const WORKER = `
  const { parentPort } = require('node:worker_threads');
  const { copyFileSync, truncateSync } = require('node:fs');
  const { mmap } = require('wasi-mmap');
  const file = FILE + '-worker';
  copyFileSync(FILE, file);
  const map = mmap(file, 0, 'read');
  for (let index = 0; index < 100; index += 1) map.at(index);
  parentPort.once('message', () => {
    const view = map.view();
    truncateSync(file, 0);
    let said = view[5];
    try { said += ' ' + map.read(); } catch (error) { said += ' ' + error.code; }
    parentPort.postMessage(said);
  });
  parentPort.postMessage('mapped');
`;

for (const [who, load] of [
  ['both threads', `require('wasi-mmap');`],
  ['a worker alone', ''],
]) {
  prints(
    `the library in ${who}, a listener in the main thread`,
    `${load}
     const worker = new Worker(${JSON.stringify(WORKER)}.replaceAll('FILE', JSON.stringify(path)), { eval: true });
     await once(worker, 'message');
     process.on('SIGBUS', listener);
     worker.postMessage('now');
     console.log(...(await once(worker, 'message')));
     await kill();
     process.removeAllListeners('SIGBUS');
     console.log(seen, lose(open()));`,
    `${LOST}\n1 ${LOST}`,
  );
}

test.run();
