// The functions of the web take the bytes that the package returns: they take no shared memory.
import { mmap, type Mmap } from 'wasi-mmap';

export async function use(path: string, polyfilled: Mmap): Promise<unknown[]> {
  const made: unknown[] = [];
  const map: Mmap = mmap(path, { length: 10n, access: 'read' });
  const all = [map.slice(0, 10), map.view(), map.subarray(1), map.read(10), map.readLine(), ...map.lines()];
  for (const bytes of [...all, polyfilled.slice()]) {
    await crypto.subtle.digest('SHA-256', bytes);
    made.push(new Blob([bytes, bytes.buffer]), new File([bytes], 'name'));
    await fetch('http://localhost/', { method: 'POST', body: bytes });
    made.push(new Request('http://localhost/', { method: 'POST', body: bytes }), new Response(bytes));
    new TextDecoder().decode(bytes);
    made.push(new Response(new ReadableStream({ pull: (controller) => controller.enqueue(bytes) })));
    const copy: ArrayBuffer = bytes.buffer;
    map.set(copy);
  }
  return made;
}
