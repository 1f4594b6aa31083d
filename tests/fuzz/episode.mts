/** Random sequences of operations on one file, weighted towards the edges of pages, files and mappings. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { answerOther, type OpenSession, type Session } from '../contract/runner.mjs';
import { toBytes } from '../contract/steps.mjs';
import type { FileSpec, Step } from '../contract/vectors.mjs';

const PAGE = 4096;

/** Numbers that a seed decides: the generator mulberry32. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** An open mapping, as far as the choice of operations needs it. */
interface Model {
  name: string;
  access: string;
  offset: number;
  length: number;
}

/** What the target can be asked. */
export interface Abilities {
  /** Whether it has a cursor, and positions that count from the end. */
  readonly cursor: boolean;
  /**
   * Whether it has pages of the system: mappings go on to the end of the file's last page when the file shrinks.
   */
  readonly pages: boolean;
  /** Whether files are cut and extended behind its back, which CPython would not survive. */
  readonly truncation?: boolean;
  /** Whether a file that has other mappings too can only grow, as on Windows. */
  readonly growsOnly?: boolean;
}

export class Episode {
  readonly steps: Step[] = [];
  readonly answers: string[] = [];
  readonly file: FileSpec;
  readonly #random: (below: number) => number;
  readonly #path: string;
  readonly #open: OpenSession;
  readonly #abilities: Abilities;
  readonly #maps = new Map<string, Model>();
  #size: number;

  constructor(path: string, random: (below: number) => number, open: OpenSession, abilities: Abilities) {
    this.#random = random;
    this.#size = 1 + this.#near(5 * PAGE);
    this.file = { repeat: this.#text(1 + random(40)), size: this.#size };
    this.#path = path;
    this.#open = open;
    this.#abilities = abilities;
  }

  /** Makes up and runs operations on the target; CPython answers `steps` afterwards. */
  async run(operations: number): Promise<void> {
    const session = await this.#open(this.#path, this.file);
    try {
      for (let count = 0; count < operations; count += 1) {
        const opens = this.#maps.size === 0 || (this.#maps.size < 3 && this.#random(12) === 0);
        const step = opens ? this.#map() : this.#choose();
        const answer = answerOther(step, this.#path) ?? (await session.answer(step));
        this.#learn(step, answer);
        this.#record(step, answer);
        // What everybody sees is compared after every operation.
        if (this.#abilities.truncation) await this.#look(session);
        else this.#record({ op: 'digest' }, JSON.stringify(await this.#digest(session)));
      }
    } finally {
      await session.close();
    }
  }

  #record(step: Step, answer: string): void {
    this.steps.push(step);
    this.answers.push(answer);
  }

  /** Follows sizes, to know what CPython may touch without dying of it. */
  #learn(step: Step, answer: string): void {
    if (answer.startsWith('error')) return;
    const name = step.map as string;
    if (step.op === 'file-truncate') this.#size = step['length'] as number;
    if (step.op === 'mmap') {
      const { access, offset } = step as Step & Model;
      this.#maps.set(name, { name, access, offset, length: (step['length'] as number) || this.#size - offset });
    } else if (step.op === 'close') {
      this.#maps.delete(name);
    } else if (step.op === 'resize') {
      const map = this.#maps.get(name) as Model;
      map.length = step['length'] as number;
      this.#size = map.offset + map.length;
    }
  }

  async #digest(session: Session): Promise<string> {
    const digest = createHash('sha1').update(readFileSync(this.#path));
    for (const map of [...this.#maps.keys()].sort()) {
      const length = Number(await session.answer({ op: 'length', map }));
      digest.update(toBytes(JSON.parse(await session.answer({ op: 'read', map, offset: 0, length })) as string));
    }
    return digest.digest('hex');
  }

  /** The same where pages may be lost: everything, and what is there of it. */
  async #look(session: Session): Promise<void> {
    const whole = { op: 'file-read', offset: 0, length: this.#size };
    this.#record(whole, answerOther(whole, this.#path) as string);
    for (const { name: map, offset, length } of this.#maps.values()) {
      const covered = Math.min(Math.max(Math.ceil(this.#size / PAGE) * PAGE - offset, 0), length);
      for (const size of covered < length ? [length, covered] : [length]) {
        const step = { op: 'read', map, by: 'contract', offset: 0, length: size } as const;
        this.#record(step, await session.answer(step));
      }
    }
  }

  /**
   * Whether hosts may differ in what a change leaves behind: bytes behind the end of the file in its last page are not the
   * file's, and POSIX leaves open how long a mapping shows them (Linux clears them whenever it writes the page to the disk);
   * what ends in `fault` may have been done in part; and a move to itself may store something or nothing.
   */
  #isOpen({ access, offset, length: size }: Model, { op, ...step }: Step): boolean {
    const {
      offset: at,
      destination,
      source,
      bytes,
      length,
    } = step as unknown as Record<string, number> & {
      bytes: string;
    };
    const covered = Math.ceil(this.#size / PAGE) * PAGE - offset;
    // What does not lie inside the mapping is refused everywhere.
    const open = (start = 0, count = 0): boolean =>
      start + count <= size &&
      start < covered &&
      (start + count > covered || (access === 'write' && start + count > this.#size - offset));
    if (op === 'move' && destination === source) return true;
    if (op === 'write') return open(at, bytes.length);
    // Where the cursor is, the target knows.
    if (op === 'write-next' || op === 'write-byte') return open(0, size);
    if (op !== 'move') return false;
    const end = (source ?? 0) + (length ?? 0);
    return open(destination, length) || (end > covered && end <= size);
  }

  #map(): Step {
    const name = ['a', 'b', 'c'].find((free) => !this.#maps.has(free)) as string;
    const access = ['read', 'write', 'copy'][this.#random(3)];
    const offset = this.#random(2) === 0 ? 0 : this.#random(2) === 0 ? PAGE * this.#random(4) : this.#near(this.#size);
    const length = this.#random(2) === 0 ? 0 : this.#near(this.#size);
    return { op: 'mmap', map: name, access, length, offset };
  }

  #choose(): Step {
    const maps = [...this.#maps.values()];
    const model = maps[this.#random(maps.length)] as Model;
    const { name: map, offset: start, length: size, access } = model;
    // CPython's cursor and negative positions count from the page before.
    const aligned = start % PAGE === 0 && this.#abilities.cursor;
    const place = (): number => this.#near(size);
    const signed = (): number => (aligned && this.#random(4) === 0 ? -place() : place());
    const offset = Math.min(place(), size);
    const steps: Array<() => Step | undefined> = [
      () => ({ op: 'read', map, offset, length: this.#random(size - offset + 1) }),
      () => ({
        op: 'write',
        map,
        offset: place(),
        bytes: this.#text(this.#random(3) === 0 ? place() : this.#random(20)),
      }),
      () => ({
        op: 'move',
        map,
        destination: place(),
        source: place(),
        length: this.#random(2) === 0 ? place() : this.#random(50),
      }),
      () => ({
        op: this.#random(2) === 0 ? 'find' : 'rfind',
        map,
        needle: this.#text(1 + this.#random(4)),
        start: signed(),
        end: signed(),
      }),
      () => ({
        op: this.#random(2) === 0 ? 'find' : 'rfind',
        map,
        needle: this.#piece(),
        start: 0,
        end: size + this.#random(3) - 1,
      }),
      () => ({ op: 'flush', map, offset: place(), length: this.#random(2) === 0 ? size - offset : place() }),
      () => ({ op: 'advise', map, offset: place(), length: place(), advice: this.#advice(access) }),
      () => this.#resize(map, start, maps),
      () => ({ op: 'length', map }),
      () => ({ op: 'file-size', map }),
      () => (this.#size === 0 ? undefined : { op: 'file-write', offset: this.#random(this.#size), bytes: 'w' }),
      () => ({ op: 'close', map }),
    ];
    const cursor: Array<() => Step> = [
      () => ({ op: 'seek', map, offset: this.#random(2) === 0 ? place() : -place(), whence: this.#random(4) }),
      () => ({ op: 'tell', map }),
      () => ({ op: 'read-next', map, length: this.#random(6) === 0 ? -1 : this.#random(100) }),
      () => ({ op: 'read-line', map }),
      () => ({ op: 'read-byte', map }),
      () => ({ op: 'write-next', map, bytes: this.#text(this.#random(10)) }),
      () => ({ op: 'write-byte', map, value: this.#random(256) }),
    ];
    const choices = aligned ? [...steps, ...cursor] : steps;
    if (this.#abilities.truncation) {
      choices.push(() => ({ op: 'file-truncate', length: this.#near(5 * PAGE) }));
    }
    for (;;) {
      const step = choices[this.#random(choices.length)]?.();
      if (step && !this.#isOpen(model, step)) return step;
    }
  }

  /** A resize that leaves every other mapping the pages it has, for CPython dies of touching lost ones, or the bytes. */
  #resize(map: string, start: number, maps: Model[]): Step | undefined {
    const length = 1 + this.#near(6 * PAGE);
    if (this.#abilities.growsOnly && maps.length > 1 && start + length < this.#size) return undefined;
    const end = this.#abilities.pages ? Math.ceil((start + length) / PAGE) * PAGE : start + length;
    const safe =
      this.#abilities.truncation || maps.every((other) => other.name === map || other.offset + other.length <= end);
    return safe ? { op: 'resize', map, length } : undefined;
  }

  /**
   * What CPython can follow: Linux throws private changes away at `dont-need`, and CPython lets it; and it cannot resize
   * a mapping any more whose parts were given different advice (mremap takes one range, EFAULT otherwise).
   */
  #advice(access: string): string {
    const harmless =
      access === 'write' ? ['normal', 'will-need', 'dont-need'] : ['normal', 'will-need', 'random', 'sequential'];
    return harmless[this.#random(harmless.length)] as string;
  }

  /** A number up to a bit more than the limit, often at an edge. */
  #near(limit: number): number {
    const edges = [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, limit - 1, limit, limit + 1];
    const edge = edges[this.#random(2 * edges.length)];
    return Math.max(edge ?? this.#random(limit + 1), 0);
  }

  #text(length: number): string {
    const letters = ['ab', 'abc\n', 'hello world!\n\0\xff'][this.#random(3)] as string;
    return Array.from({ length }, () => letters[this.#random(letters.length)]).join('');
  }

  /** Text that stands in the file, most likely. */
  #piece(): string {
    const text = (this.file.repeat as string).repeat(20);
    return text.slice(0, 1 + this.#random(300));
  }
}

/** Operations on one file, with a target's answers. */
export interface Played {
  /** How many operations came before. */
  from: number;
  file: FileSpec;
  steps: Step[];
  answers: string[];
}

const EPISODE = 50;

/** Makes up operations as the seed has it, and lets a target answer them. */
export async function* playEpisodes(
  open: OpenSession,
  abilities: Abilities,
  folder: string,
  operations: number,
  seed: number,
): AsyncGenerator<Played> {
  const random = randomNumbers(seed);
  for (let from = 0; from < operations; from += EPISODE) {
    const episode = new Episode(`${folder}/file`, random, open, abilities);
    await episode.run(Math.min(EPISODE, operations - from));
    const { file, steps, answers } = episode;
    yield { from, file, steps, answers };
  }
}
