/** The actions of the page: by the mapping, and by another program on its file. */
import type { Descriptor } from 'wasi-mmap/polyfill';
import { parseBytes, parseOffset, same, toHex, toOffset, toText } from './bytes.mjs';
import { input } from './dom.mjs';
import type { View } from './guest.mjs';
import { windowSize } from './pane.mjs';
import type { Scene } from './scene.mjs';

const OTHER = new TextEncoder().encode('OTHER');

/** Whether a mapping has these bytes. */
function has(view: View, offset: number, bytes: Uint8Array): boolean {
  try {
    return same(view.read(BigInt(offset), BigInt(bytes.length)), bytes);
  } catch {
    return false;
  }
}

/** Stores bytes through the mapping at the cursor, moves the cursor, and shows which observers see them. */
export function write(scene: Scene, bytes: Uint8Array, focus = false): void {
  if (!scene.mapped) return;
  const { mapping, second, length } = scene.mapped;
  const at = scene.marks.cursor;
  const shown = bytes.length > 8 ? `${bytes.length} bytes` : Array.from(bytes, toHex).join(' ');
  const call = (): void => mapping.write(BigInt(at), bytes);
  const done = scene.talk.call('this', `write(0x${toOffset(at)}, ${shown})`, call);
  if (done) {
    const others: string[] = [];
    if (has(second, at, bytes)) others.push('the second mapping');
    if (same(scene.readFile(at, bytes.length), bytes)) others.push('the file');
    const who =
      others.length === 0
        ? 'only this mapping has it'
        : `${others.join(' and ')} ${others.length === 1 ? 'has' : 'have'} it too`;
    scene.talk.say(`Wrote ${shown} at 0x${toOffset(at)}: ${who}.`);
    void scene.showStored();
  }
  scene.goTo(done ? Math.min(at + bytes.length, length - 1) : at, focus);
}

export function search(scene: Scene, forward: boolean): void {
  const { mapped, marks, talk } = scene;
  if (!mapped) return;
  const needle = parseBytes(input('needle').value);
  if (needle.length === 0) return talk.say('Nothing to search for.', 'error');
  const next = marks.found?.start === marks.cursor ? marks.cursor + 1 : marks.cursor;
  const [from, to] = forward ? [next, mapped.length] : [0, Math.min(marks.cursor + needle.length - 1, mapped.length)];
  const name = forward ? 'find' : 'rfind';
  const answer = talk.call(
    'this',
    `${name}("${toText(needle)}", ${from}, ${to})`,
    () => mapped.mapping[name](needle, BigInt(from), BigInt(to)),
    (at) => (at === undefined ? 'none' : `0x${toOffset(Number(at))}`),
  );
  if (!answer) return;
  marks.found = answer.result === undefined ? undefined : { start: Number(answer.result), length: needle.length };
  if (marks.found) talk.say(`Found at 0x${toOffset(marks.found.start)}.`);
  else talk.say(`Not found ${forward ? 'from' : 'before'} 0x${toOffset(marks.cursor)}${forward ? ' on' : ''}.`);
  scene.goTo(marks.found?.start ?? marks.cursor);
}

export function goTo(scene: Scene): void {
  const offset = parseOffset(input('offset').value);
  if (offset === undefined || offset >= scene.end) scene.talk.say('There is no such offset in the mapping.', 'error');
  else scene.goTo(offset);
}

/** Shows the bytes before or after the visible ones. */
export function turn(scene: Scene, direction: 1 | -1): void {
  const offset = scene.marks.cursor + direction * windowSize();
  scene.goTo(Math.max(0, Math.min(offset, scene.end - 1)));
}

export async function flush(scene: Scene): Promise<void> {
  const { mapped, talk } = scene;
  if (!mapped || !talk.call('this', 'flush()', () => mapped.mapping.flush())) return;
  const stored = await scene.showStored();
  const where = stored ? 'OPFS holds the bytes' : 'OPFS still has older bytes';
  talk.say(`Flushed: ${stored === undefined ? 'this file lives in memory' : where}.`);
}

/** Unmaps, or maps again. */
export function toggle(scene: Scene): void {
  if (!scene.mapped) return scene.map();
  scene.talk.call('this', 'drop()', () => scene.unmap());
  scene.talk.say('Unmapped: both mappings are gone, the file is not.');
  scene.show();
}

/** Actions of another program on the file, with their effect. */
function other(scene: Scene, what: string, change: (file: Descriptor) => void, words: () => string): void {
  const { file, talk } = scene;
  if (!file) return;
  if (talk.call('other', what, () => change(file))) talk.say(words());
  scene.show();
  void scene.showStored();
}

export function otherWrites(scene: Scene): void {
  const at = scene.marks.cursor;
  const sees = (): string => (scene.mapped && has(scene.mapped.mapping, at, OTHER) ? 'sees it' : 'does not see it');
  other(
    scene,
    `write(0x${toOffset(at)}, "OTHER")`,
    (file) => void file.write(OTHER, BigInt(at)),
    () => `Another program wrote at 0x${toOffset(at)}. This mapping ${sees()}.`,
  );
}

export function otherCuts(scene: Scene): void {
  const at = scene.marks.cursor;
  other(
    scene,
    `set-size(0x${toOffset(at)})`,
    (file) => file.setSize(BigInt(at)),
    () => `The file ends at 0x${toOffset(at)} now. The rest of its last page reads as zeros; pages behind it are lost.`,
  );
}

/** Restores the file as it was when it was mapped. */
export function otherRestores(scene: Scene): void {
  const bytes = scene.marks.original;
  const restore = (file: Descriptor): void => {
    file.setSize(BigInt(bytes.length));
    for (let done = 0; done < bytes.length;) done += Number(file.write(bytes.subarray(done), BigInt(done)));
  };
  other(scene, 'write(original)', restore, () => 'The file has its bytes again.');
}
