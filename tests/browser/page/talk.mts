/** The messages of the page: the newest answer in a live region, and the last calls in a log. */
import { MmapError } from 'wasi-mmap/polyfill';
import { codeOf } from './guest.mjs';

const KEPT = 8;

export class Talk {
  readonly #status: HTMLElement;
  readonly #log: HTMLElement;

  constructor(status: HTMLElement, log: HTMLElement) {
    this.#status = status;
    this.#log = log;
  }

  say(text: string, state: 'ok' | 'error' = 'ok'): void {
    this.#status.textContent = text;
    this.#status.dataset['state'] = state;
  }

  /** Runs a call, and logs it with its answer; undefined if it was refused. */
  call<T>(
    who: string,
    what: string,
    call: () => T,
    answer: (result: T) => string = () => 'ok',
  ): { result: T } | undefined {
    try {
      const result = call();
      this.#line(who, what, answer(result), 'ok');
      return { result };
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined && typeof error !== 'string') this.#line(who, what, String(error), 'error');
      else this.#refused(who, what, code ?? String(error));
      return undefined;
    }
  }

  #refused(who: string, what: string, code: string): void {
    this.#line(who, what, code, 'error');
    const { message } = new MmapError(code as ConstructorParameters<typeof MmapError>[0]);
    this.say(message.endsWith('undefined') ? code : message, 'error');
  }

  #line(who: string, what: string, answer: string, state: 'ok' | 'error'): void {
    const item = document.createElement('li');
    item.dataset['state'] = state;
    for (const [name, text] of [
      ['span', who],
      ['code', what],
      ['b', answer],
    ] as const) {
      item.appendChild(document.createElement(name)).textContent = text;
    }
    this.#log.prepend(item);
    while (this.#log.childElementCount > KEPT) this.#log.lastElementChild?.remove();
  }
}
