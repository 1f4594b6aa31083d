/** Serves the page for `make browser`, on the port PORT or 8620. */
import { translateGuests } from './guests.mjs';
import { serve } from './server.mjs';

const port = Number(process.env['PORT'] ?? 8620);
await translateGuests(['viewer']);
try {
  const { url } = await serve(port);
  console.log(`the page is at ${url} (Ctrl-C ends it)`);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
  console.error(`port ${port} is taken: make browser PORT=…`);
  process.exitCode = 1;
}
