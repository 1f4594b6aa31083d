/** The command `plug`: gives the polyfill to a component, see guest/polyfill/plug. */
import { readComponent } from './component.mjs';
import { warnOfMemmap2 } from './memmap2.mjs';
import { plug } from './module.mjs';
import { printable, type PlugOptions } from './options.mjs';
import { say, writeOutput } from './output.mjs';

export async function plugFile({ component, output, compose, explain }: PlugOptions): Promise<void> {
  const guest = await readComponent(component);
  warnOfMemmap2(component, guest);
  const plugged = await plug(component, guest, compose);
  await writeOutput(output, plugged.bytes);
  if (explain) say(printable(`wasi-mmap: ${component}: ${plugged.explanation}\n`));
}
