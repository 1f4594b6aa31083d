/** What the test asks of NATS: a subscription, and a request with its reply. The protocol is lines, see docs.nats.io. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export class Nats {
  readonly #socket: Socket;
  readonly #listeners = new Map<number, (message: string) => void>();
  #rest = Buffer.alloc(0);
  #last = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => this.#take(data));
    socket.write('CONNECT {"verbose":false}\r\n');
  }

  static async connect(port: number): Promise<Nats> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Nats(socket);
  }

  /** Calls the listener with each message on the subject. */
  subscribe(subject: string, listener: (message: string) => void): void {
    this.#listeners.set((this.#last += 1), listener);
    this.#socket.write(`SUB ${subject} ${this.#last}\r\n`);
  }

  /** The first reply. */
  async request(subject: string, message: object): Promise<unknown> {
    const text = JSON.stringify(message);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no reply on ${subject}`)), 120_000);
      this.subscribe(`_INBOX.${this.#last + 1}`, (reply) => {
        clearTimeout(timer);
        resolve(JSON.parse(reply));
      });
      this.#socket.write(`PUB ${subject} _INBOX.${this.#last} ${Buffer.byteLength(text)}\r\n${text}\r\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end < 0) return;
      const words = this.#rest.toString('utf8', 0, end).split(' ');
      let next = end + 2;
      if (words[0] === 'MSG') {
        const size = Number(words.at(-1));
        if (this.#rest.length < next + size + 2) return;
        this.#listeners.get(Number(words[2]))?.(this.#rest.toString('utf8', next, next + size));
        next += size + 2;
      } else if (words[0] === 'PING') this.#socket.write('PONG\r\n');
      this.#rest = this.#rest.subarray(next);
    }
  }
}
