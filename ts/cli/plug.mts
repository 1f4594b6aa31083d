/** The command `plug`: gives the polyfill to a component, see guest/polyfill/plug. */
import { readComponent } from './component.mjs';
import { plug } from './module.mjs';
import { printable, type PlugOptions } from './options.mjs';
import { say, writeOutput } from './output.mjs';

export async function plugFile({ component, output, compose, explain }: PlugOptions): Promise<void> {
  const plugged = await plug(component, await readComponent(component), compose);
  await writeOutput(output, plugged.bytes);
  if (explain) say(printable(`wasi-mmap: ${component}: ${plugged.explanation}\n`));
}
