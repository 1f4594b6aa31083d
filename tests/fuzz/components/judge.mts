/** Runs a component with the command for Node, and says what it did that no component may make it do. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Exit codes of the command: the component's own, "cannot", and a trap. */
const CODES = new Set([0, 1, 2, 134]);

/** More than a loaded machine needs for a small component. */
const TIME_LIMIT = 120_000;

export interface Verdict {
  /** What is wrong, or undefined. */
  wrong?: string;
  /** What the run came to, without the names in it. */
  kind: string;
}

const INHERITED = Object.fromEntries(
  ['PATH', 'NODE_PATH'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
);

interface End {
  code: number | string | null;
  out: string;
  error: string;
}

function run(folder: string): Promise<End> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [resolve('dist/cli/main.mjs'), 'run', 'c.wasm'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...INHERITED, XDG_CACHE_HOME: join(folder, 'cache') },
      timeout: TIME_LIMIT,
      killSignal: 'SIGKILL',
    });
    const end: End = { code: null, out: '', error: '' };
    child.stdout.on('data', (data) => (end.out += data));
    child.stderr.on('data', (data) => (end.error += data));
    child.on('close', (status, signal) => done({ ...end, code: status ?? signal }));
  });
}

function judge({ code, out, error }: End, files: string[]): string | undefined {
  if (!CODES.has(code as number)) return `it ended with ${code}`;
  if (files.length > 0) return `it left ${files.join(', ')}`;
  if (out !== '') return 'it printed something';
  if (code === 0 || code === 1) return error === '' ? undefined : 'it said something, though all went well';
  if (!error.startsWith('wasi-mmap: ')) return 'it did not say what was wrong';
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/.test(error.replaceAll('\n    at ', ''))) {
    return 'control characters of the component reached the terminal';
  }
  if (code === 2) return /^wasi-mmap: [^\n]+\n$/.test(error) ? undefined : 'it did not refuse in one line';
  // A trap is WebAssembly's. Other errors are those of code that no component should have got that far.
  return /^wasi-mmap: \S+ trapped: (RuntimeError|LinkError|CompileError|RangeError): /.test(error)
    ? undefined
    : 'what trapped is not WebAssembly';
}

export async function tryComponent(bytes: Buffer): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), 'wasi-mmap-fuzz-'));
  try {
    writeFileSync(join(folder, 'c.wasm'), bytes);
    const end = await run(folder);
    const files = readdirSync(folder).filter((name) => name !== 'c.wasm' && name !== 'cache');
    const wrong = judge(end, files);
    const [line = ''] = end.error.split('\n');
    const kind = `${end.code} ${line.replace(/"[^"]*"|'[^']*'|`[^`]*`|0x[0-9a-f]+|\d+/g, '…')}`.slice(0, 150);
    return wrong === undefined ? { kind } : { kind, wrong: `${wrong}: ${JSON.stringify(end).slice(0, 2000)}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
