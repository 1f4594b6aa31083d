// The parser of arguments, with paths as on Windows and as on other systems.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRun, UsageError, type Grant } from '#options';

function grants(isWindows: boolean, ...words: string[]): Grant[] {
  return parseRun([...words.flatMap((word) => ['--dir', word]), 'app.wasm'], {}, isWindows).grants;
}
const grant = (host: string, guest: string): Grant => ({ host, guest, readOnly: false });

test('directories with a name for the guest', () => {
  for (const isWindows of [false, true]) {
    assert.equal(grants(isWindows, 'data::/d', 'C:\\data::/d', 'C:/data::/d'), [
      grant('data', '/d'),
      grant('C:\\data', '/d'),
      grant('C:/data', '/d'),
    ]);
    assert.equal(grants(isWindows, '\\\\server\\share::/d', '\\\\?\\C:\\a b\\ü::/d ü', 'C:::/d', 'a::b::/d'), [
      grant('\\\\server\\share', '/d'),
      grant('\\\\?\\C:\\a b\\ü', '/d ü'),
      grant('C:', '/d'),
      grant('a::b', '/d'),
    ]);
  }
});

test('directories under their own names: guests know slashes alone', () => {
  assert.equal(grants(true, 'C:\\data\\', '..\\data', '\\\\server\\share\\a', 'C:'), [
    grant('C:\\data\\', 'C:/data/'),
    grant('..\\data', '../data'),
    grant('\\\\server\\share\\a', '//server/share/a'),
    grant('C:', 'C:'),
  ]);
  assert.equal(grants(false, 'a\\b', './data/'), [grant('a\\b', 'a\\b'), grant('./data/', './data/')]);
});

test('half a grant', () => {
  for (const isWindows of [false, true]) {
    for (const word of ['', '::', '::/d', 'C:\\data::']) {
      assert.throws(
        () => grants(isWindows, word),
        (error: Error) => error instanceof UsageError && error.showHelp,
      );
    }
  }
});

test('a backslash that took a quotation mark into the value', () => {
  const word = 'C:\\my data" app.wasm'; // The arguments that Windows makes of "C:\my data\" app.wasm
  assert.throws(
    () => parseRun(['--dir', word], {}, true),
    (error: Error) => error instanceof UsageError && error.message.includes(word) && /backslash/.test(error.message),
  );
  assert.equal(grants(false, 'a"b'), [grant('a"b', 'a"b')]);
});

test('sizes', () => {
  const size = (...words: string[]) => parseRun([...words, 'app.wasm'], {}).maxPrivateMemory;
  assert.is(size(), undefined);
  assert.is(size('--max-private-memory', '0'), 0);
  assert.is(size('--max-private-memory=4096'), 4096);
  assert.is(size('--max-private-memory', '64K'), 2 ** 16);
  assert.is(size('--max-private-memory', '007m'), 7 * 2 ** 20);
  assert.is(size('--max-private-memory', '8388607G'), 8388607 * 2 ** 30);
  assert.is(size('--max-private-memory', '1G', '--max-private-memory', '2G'), 2 ** 31);
});

test.run();
