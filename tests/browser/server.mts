/** Serves the page and its imports on loopback: only from the folders that it needs. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, resolve, sep } from 'node:path';
import type { AddressInfo } from 'node:net';

/** Folders by the prefix of their paths; the longest prefix counts. */
type Folders = Readonly<Record<string, string>>;

const FOLDERS: Folders = {
  '/': 'tests/browser/page',
  '/tests/': 'build/tests',
  '/guests/': 'build/browser',
  '/vectors/': 'tests/contract/vectors',
  '/wasi-mmap/': 'dist',
  '/preview2-shim/': 'node_modules/@bytecodealliance/preview2-shim/dist',
};

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm', // Browsers compile a stream only under this name.
};

/** The file that a path of a URL names, if it is one of ours. */
function fileOf(pathname: string, folders: Folders): string | undefined {
  const path = decodeURIComponent(pathname === '/' ? '/index.html' : pathname);
  const prefix = Object.keys(folders)
    .filter((candidate) => path.startsWith(candidate))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined || !(extname(path) in TYPES)) return undefined;
  const folder = resolve(folders[prefix] as string);
  const file = resolve(folder, path.slice(prefix.length));
  return file.startsWith(folder + sep) ? file : undefined;
}

/** @param port 0: any free port */
export async function serve(port = 0, folders = FOLDERS): Promise<{ server: Server; url: string }> {
  const server = createServer(async ({ url = '/', method }, response) => {
    try {
      const file = fileOf(new URL(url, 'http://localhost').pathname, folders);
      const size = file === undefined ? undefined : (await stat(file)).size;
      if (file === undefined || (method !== 'GET' && method !== 'HEAD')) throw new Error('not ours');
      response.writeHead(200, {
        'Content-Type': TYPES[extname(file)],
        'Content-Length': size,
        'Cache-Control': 'no-store',
      });
      if (method === 'HEAD') response.end();
      else createReadStream(file).pipe(response);
    } catch {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found\n');
    }
  });
  await new Promise<void>((done, failed) => {
    server.once('error', failed).listen(port, '127.0.0.1', done);
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}
