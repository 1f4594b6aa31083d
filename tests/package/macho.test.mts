// The addons for macOS, which no machine here can run: what they are, and what they need of a Mac.
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

// The numbers of Apple's <mach-o/loader.h> and <mach-o/nlist.h>.
const MAGIC = 0xfeedfacf;
const DYLIB = 6;
const COMMANDS = { symbols: 0x2, library: 0xc, name: 0xd, signature: 0x1d, build: 0x32 };
const EXTERNAL = 0x01;
const TYPE = 0x0e;
const MACOS = 1;

interface Library {
  cpu: number;
  kind: number;
  name?: string;
  libraries: string[];
  platform?: number;
  minimum?: string;
  isSigned: boolean;
  undefined: { symbol: string; library: number }[];
  defined: string[];
}

/** Reads what the tests compare, of a library for one processor of 64 bits. */
function parse(bytes: Buffer): Library {
  assert.is(bytes.readUInt32LE(0), MAGIC);
  const result: Library = {
    cpu: bytes.readUInt32LE(4),
    kind: bytes.readUInt32LE(12),
    libraries: [],
    isSigned: false,
    undefined: [],
    defined: [],
  };
  const text = (from: number): string => bytes.toString('latin1', from, bytes.indexOf(0, from));
  let at = 32;
  for (let left = bytes.readUInt32LE(16); left > 0; left--) {
    const word = (index: number): number => bytes.readUInt32LE(at + 4 * index);
    if (word(0) === COMMANDS.library) result.libraries.push(text(at + word(2)));
    if (word(0) === COMMANDS.name) result.name = text(at + word(2));
    if (word(0) === COMMANDS.signature) result.isSigned = word(3) > 0;
    if (word(0) === COMMANDS.build) {
      result.platform = word(2);
      result.minimum = `${word(3) >>> 16}.${(word(3) >>> 8) & 0xff}`;
    }
    if (word(0) === COMMANDS.symbols) {
      for (let index = 0; index < word(3); index++) {
        const entry = word(2) + 16 * index;
        const type = bytes.readUInt8(entry + 4);
        const symbol = text(word(4) + bytes.readUInt32LE(entry));
        if ((type & EXTERNAL) === 0) continue;
        if ((type & TYPE) === 0) result.undefined.push({ symbol, library: bytes.readUInt16LE(entry + 6) >>> 8 });
        else result.defined.push(symbol);
      }
    }
    at += word(1);
  }
  return result;
}

/** The symbols of the system: functions of C and POSIX, of Mach, the loader, and the unwinder. All are older than macOS 10.15. */
const OF_THE_SYSTEM = new Set(readFileSync('tests/package/libsystem.txt', 'utf8').trim().split('\n'));
const OF_NODE = /^_napi_[a-z0-9_]+$/;

for (const [arch, cpu, minimum] of [
  ['arm64', 0x0100000c, '11.0'],
  ['x64', 0x01000007, '10.15'],
] as const) {
  const path = `prebuilds/darwin-${arch}/wasi-mmap.node`;
  test(`the addon for macOS on ${arch}`, () => {
    if (!existsSync(path)) {
      console.log(`package skips ${path}: it is not there (make prebuilds)`);
      assert.not.ok(process.env['CI'], `CI needs ${path}`);
      return;
    }
    const library = parse(readFileSync(path));
    assert.is(library.cpu, cpu);
    assert.is(library.kind, DYLIB);
    assert.is(library.name, '@rpath/wasi_mmap.node', 'no path of the machine that built it');
    assert.equal([library.platform, library.minimum], [MACOS, minimum], 'the oldest macOS of Node 20');
    assert.equal(library.libraries, ['/usr/lib/libSystem.B.dylib'], 'the C++ library is inside');
    // Apple's processors run no code without a signature. Of Intel's machines none is needed.
    assert.ok(library.isSigned || arch === 'x64');
    assert.ok(library.defined.includes('_napi_register_module_v1'));
    const unknown = library.undefined.filter(({ symbol }) => !OF_NODE.test(symbol) && !OF_THE_SYSTEM.has(symbol));
    assert.equal(unknown, [], 'neither of Node-API nor of the system');
    // 0: looked up in all libraries and the program; 1: in libSystem, the only one.
    const misplaced = library.undefined.filter(
      ({ symbol, library: number }) => number !== (OF_NODE.test(symbol) ? 0 : 1),
    );
    assert.equal(misplaced, []);
  });
}

test.run();
