/** The command `plug`: puts the polyfill in front of a component, see guest/polyfill/plug. */
import { readComponent } from './component.mjs';
import { plug } from './module.mjs';
import type { PlugOptions } from './options.mjs';
import { writeOutput } from './output.mjs';

export async function plugFile({ component, output }: PlugOptions): Promise<void> {
  await writeOutput(output, await plug(component, await readComponent(component)));
}
