/** A file descriptor of the operating system that several resources share, and that the last of them closes. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { refuse } from './codes.mjs';

/** Closes what a guest forgot, once JavaScript has forgotten it too. */
const forgotten = new FinalizationRegistry<OpenFile>((file) => file.release());

export class OpenFile {
  readonly #fd: number;
  #users = 0;
  #isClosed = false;
  /** The same file, open for appending. */
  #appending: number | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** @throws `bad-descriptor` once it is closed: the number may belong to another file then. */
  get fd(): number {
    return this.#isClosed ? refuse('bad-descriptor') : this.#fd;
  }

  /** Keeps it open until `drop` is called for the same user, or the user is garbage. */
  keep(user: object): void {
    if (this.#isClosed) refuse('bad-descriptor');
    this.#users += 1;
    forgotten.register(user, this, user);
  }

  drop(user: object): void {
    if (forgotten.unregister(user)) this.release();
  }

  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#isClosed = true;
    closeSync(this.#fd);
    if (this.#appending !== undefined) closeSync(this.#appending);
  }

  /**
   * The same file, open with `O_APPEND`: the system then finds the end and writes there in one step, also while other
   * processes append. Undefined where a file cannot be opened by its descriptor (other systems than Linux), or not any more.
   */
  appending(): number | undefined {
    if (this.#appending === undefined && process.platform === 'linux') {
      try {
        const fd = openSync(`/proc/self/fd/${this.fd}`, constants.O_WRONLY | constants.O_APPEND);
        const [own, other] = [fstatSync(this.fd, { bigint: true }), fstatSync(fd, { bigint: true })];
        if (own.ino === other.ino && own.dev === other.dev) this.#appending = fd;
        else closeSync(fd);
      } catch {
        return undefined;
      }
    }
    return this.#appending;
  }
}
