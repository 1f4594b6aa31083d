/** A server `wasi-mmap serve` for tests, and calls of it. */
import { spawn } from 'node:child_process';
import { request as send, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { folder, type Command } from './command.mjs';

export interface Answer {
  status: number;
  text: string;
  /** Whether the connection ended before the response did. */
  cut: boolean;
  headers: IncomingHttpHeaders;
}

export interface Running {
  port: number;
  pid: number;
  /** Its exit code or the signal that ended it. */
  ended: Promise<number | string | null>;
  get: (path: string, options?: RequestOptions, body?: string | Buffer) => Promise<Answer>;
  open: () => Socket;
  /** All that it wrote to standard error. */
  log: () => string;
  /** Waits for a line in the log. */
  logged: (line: RegExp) => Promise<RegExpExecArray>;
  kill: (signal: NodeJS.Signals) => void;
}

const running = new Set<Running>();
process.on('exit', () => {
  for (const { kill } of running) kill('SIGKILL');
});

function call(port: number, path: string, options: RequestOptions, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = send({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
      const parts: Buffer[] = [];
      const end = (cut: boolean) => () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(parts).toString(),
          cut,
          headers: response.headers,
        });
      response.on('data', (part: Buffer) => parts.push(part)).on('end', end(false));
      response.on('error', end(true));
    });
    request.on('error', reject).end(body);
  });
}

async function until<T>(find: () => T | null, what: () => string): Promise<T> {
  for (let left = 2400; left > 0; left -= 1) {
    const found = find();
    if (found !== null) return found;
    await sleep(25);
  }
  throw new Error(`after a minute: ${what()}`);
}

/** Starts a server on a port that is free. */
export async function serve([program, ...before]: Command, args: string[]): Promise<Running> {
  const child = spawn(program, [...before, 'serve', '--addr', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { PATH: process.env['PATH'], XDG_CACHE_HOME: join(folder, 'cache') },
  });
  let text = '';
  let gone = false;
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = new Promise<number | string | null>((resolve) => {
    child.on('close', (code, signal) => {
      gone = true;
      resolve(code ?? signal);
    });
  });
  const logged = (line: RegExp) =>
    until(
      () => line.exec(text) ?? (gone ? ([] as unknown as RegExpExecArray) : null),
      () => `no ${line} in ${text}`,
    ).then((found) => {
      if (found.length === 0) throw new Error(`it ended without ${line}: ${text}`);
      return found;
    });
  const port = Number((await logged(/ serves http:\/\/127\.0\.0\.1:(\d+)\/\n/))[1]);
  const server: Running = {
    port,
    pid: child.pid ?? 0,
    ended,
    get: (path, options = {}, body) => call(port, path, options, body),
    open: () => connect({ host: '127.0.0.1', port }),
    log: () => text,
    logged,
    kill: (signal) => child.kill(signal),
  };
  running.add(server);
  void ended.then(() => running.delete(server));
  return server;
}

/** What a connection got until its end. */
export function received(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => (text += part));
    socket.on('error', () => undefined).on('close', () => resolve(text));
  });
}
