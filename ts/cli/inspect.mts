/** The command `inspect`: says what a component imports, and which hosts can run it. */
import { readComponent } from './component.mjs';
import { warnOfMemmap2 } from './memmap2.mjs';
import { inspect } from './module.mjs';
import { printable, type InspectOptions } from './options.mjs';
import { writeOutput } from './output.mjs';

export async function inspectFile({ component, json }: InspectOptions): Promise<void> {
  const guest = await readComponent(component);
  warnOfMemmap2(component, guest);
  const found = await inspect(component, guest);
  await writeOutput('-', Buffer.from(json ? `${found.json}\n` : printable(`${component}: ${found.text}`)));
}
