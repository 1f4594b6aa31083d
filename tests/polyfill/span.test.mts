// The polyfill has the interface of spans, so that guests that can use spans run on it, and reports that it has none.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { createPolyfill } from 'wasi-mmap/polyfill';

interface Spans {
  granularity(): number | undefined;
  attach(mapping: object, offset: bigint, region: Uint8Array): object;
}
interface Mappings {
  mmap(file: undefined, length: bigint, access: string, offset: bigint): { length(): bigint };
}

const polyfill = await createPolyfill(new WASIShim({ sandbox: { preopens: {} } }).getImportObject());
const imports = polyfill.getImportObject() as unknown as {
  'wasi-mmap:mmap/mapping': Mappings;
  'wasi-mmap:mmap/span': Spans;
};
const mappings = imports['wasi-mmap:mmap/mapping'];
const spans = imports['wasi-mmap:mmap/span'];

/** The exception of a call: the `err` of a result, by jco's convention. */
function refusal(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return (error as { payload?: unknown }).payload;
  }
  return 'nothing';
}

test('attach is unsupported, before anything else is looked at', () => {
  const mapping = mappings.mmap(undefined, 65_536n, 'write', 0n);
  for (const [offset, size] of [
    [0n, 65_536],
    [1n, 65_536],
    [0n, 0],
    [2n ** 64n - 1n, 65_537],
  ] as const) {
    assert.is(
      refusal(() => spans.attach(mapping, offset, new Uint8Array(size))),
      'unsupported',
    );
  }
  assert.is(mapping.length(), 65_536n);
});

test('there is no granularity', () => {
  assert.is(spans.granularity(), undefined);
});

test.run();
