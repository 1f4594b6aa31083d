/** Runs vectors of the contract suite in the page: over one polyfill and a file system in memory. */
import {
  createFilesystem,
  InMemoryFilesystemAdapter,
  type FileDataEntry,
} from '@bytecodealliance/preview2-shim/filesystem';
import { WASIShim } from '@bytecodealliance/preview2-shim/instantiation';
import { constants, createPolyfill, MmapError, type Descriptor } from 'wasi-mmap/polyfill';
import { END_LINE, toAnswer, toLine, toOpenLine } from '../../contract/lines.mjs';
import { play } from '../../contract/play.mjs';
import { Steps, toBytes, toText } from '../../contract/steps.mjs';
import type { FileSpec, Step, Vector } from '../../contract/vectors.mjs';
import { converse } from './conversation.mjs';
import { load } from './guest.mjs';

/** Of runners; the last two bring the polyfill with them. */
export type Language = 'typescript' | 'javascript' | 'rust' | 'c' | 'c-fused' | 'c-composed';

interface Command {
  run: { run(): void };
}

const files: Record<string, FileDataEntry> = {};
const adapter = new InMemoryFilesystemAdapter();
const filesystem = createFilesystem({ adapter, preopens: { '/': { dir: files } } });
const polyfill = await createPolyfill(new WASIShim({ filesystem }).getImportObject());
const api = { mmap: polyfill.mmap, MmapError, constants };
const commands = new Map<Language, ReturnType<typeof load<Command>>>();
let count = 0;

/** Pages have only these two kinds of files. */
function make({ text = '', repeat, size = 0, kind }: FileSpec): FileDataEntry {
  return kind === 'directory' ? { dir: {} } : { source: toBytes(repeat ? repeat.repeat(size).slice(0, size) : text) };
}

/** The steps of another program on the file; undefined for other steps. */
function answerOther(name: string, { op, ...step }: Step): string | undefined {
  if (!['file-read', 'file-write', 'file-truncate'].includes(op)) return undefined;
  const { offset = 0, length = 0, bytes = '' } = step as { offset?: number; length?: number; bytes?: string };
  const [[root] = []] = filesystem.preopens.getDirectories();
  if (!root) throw new Error('the file system has no directory');
  const file = root.openAt({}, name, {}, { read: true, write: true });
  if (op === 'file-read') return JSON.stringify(toText(file.read(BigInt(length), BigInt(offset))[0]));
  if (op === 'file-write') file.write(toBytes(bytes), BigInt(offset));
  else file.setSize(BigInt(length));
  return 'null';
}

/** Asks `polyfill.mmap()` of this page's JavaScript. */
function runHere(name: string, vector: Vector): string | undefined {
  const rights = vector.file.rights ?? 'read-write';
  const file = polyfill.open(name, { read: rights.includes('read'), write: rights.includes('write') });
  const steps = new Steps<Descriptor>(api, file);
  const playing = play(vector, (step) => answerOther(name, step));
  let next = playing.next();
  while (!next.done) {
    const answer = steps.answer(next.value);
    next = playing.next(typeof answer === 'string' ? answer : JSON.stringify(toText(answer)));
  }
  steps.close();
  return next.value;
}

/** Asks a new instance of a guest. */
async function runGuest(language: Language, name: string, vector: Vector): Promise<string | undefined> {
  let difference: string | undefined = 'the guest ended early';
  function* lines(): Generator<string, void, string> {
    const opened = yield toOpenLine(`/${name}`, vector.file.rights);
    const playing = play(vector, (step) => answerOther(name, step));
    let next =
      opened === 'null' ? playing.next() : { done: true as const, value: `the guest cannot open it: ${opened}` };
    while (!next.done) next = playing.next(toAnswer(yield toLine(next.value)));
    difference = next.value;
    yield END_LINE;
  }
  const wasi = new WASIShim({ filesystem, ...converse(lines()) }).getImportObject();
  let command = commands.get(language);
  if (!command) commands.set(language, (command = load<Command>(language)));
  const { run } = await (
    await command
  )(language.startsWith('c-') ? { ...wasi } : { ...wasi, ...polyfill.getImportObject() });
  run.run();
  return difference;
}

/** The first difference, if there is one. */
export async function runVector(language: Language, vector: Vector): Promise<string | undefined> {
  const name = `file-${(count += 1)}`;
  files[name] = make(vector.file);
  try {
    return language === 'typescript' ? runHere(name, vector) : await runGuest(language, name, vector);
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error);
  } finally {
    delete files[name];
  }
}
