/** The page: connects its controls. */
import * as actions from './actions.mjs';
import { parseBytes } from './bytes.mjs';
import { find, input, on, onSubmit } from './dom.mjs';
import { Digits, target } from './keys.mjs';
import { onRowCount } from './pane.mjs';
import { Scene } from './scene.mjs';

const scene = new Scene();
const digits = new Digits();

find('mapping').addEventListener('keydown', (event) => {
  if (scene.offsetOf(event.target) === undefined) return;
  const { cursor } = scene.marks;
  const next = event.key === 'Escape' ? cursor : target(event, cursor, scene.end);
  const byte = next === undefined ? digits.type(event) : undefined;
  if (byte === false) return;
  event.preventDefault();
  if (next === undefined && byte === undefined) return scene.showDigit(digits.first ?? '');
  digits.forget();
  if (byte === undefined) scene.goTo(next ?? cursor, true);
  else actions.write(scene, Uint8Array.of(byte), true);
});

on('mapping', 'click', ({ target: clicked }) => {
  const offset = scene.offsetOf(clicked);
  digits.forget();
  if (offset !== undefined) scene.goTo(offset, true);
});

for (const radio of document.querySelectorAll('input[name=access]')) {
  radio.addEventListener('change', () => scene.map());
}
for (const radio of document.querySelectorAll('input[name=store]')) {
  radio.addEventListener('change', () => {
    void scene.useStore().catch((error: unknown) => scene.talk.say(`No storage here: ${String(error)}`, 'error'));
  });
}
on('name', 'change', () => scene.use(input('name').value));
on('remove', 'click', () => scene.remove());
on('choose', 'change', () => void scene.add(input('choose').files?.[0]).then(() => (input('choose').value = '')));

for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  document.addEventListener(kind, (event) => {
    event.preventDefault(); // Or the browser opens the file itself.
    find('drop').toggleAttribute('data-over', kind.endsWith('enter') || kind.endsWith('over'));
  });
}
document.addEventListener('drop', ({ dataTransfer }) => void scene.add(dataTransfer?.files[0]));

onSubmit('search', ({ submitter }) => actions.search(scene, submitter?.id !== 'previous'));
onSubmit('write', () => actions.write(scene, parseBytes(input('bytes').value)));
onSubmit('go', () => actions.goTo(scene));
on('back', 'click', () => actions.turn(scene, -1));
on('forth', 'click', () => actions.turn(scene, 1));
on('flush', 'click', () => void actions.flush(scene));
on('unmap', 'click', () => actions.toggle(scene));
on('other-writes', 'click', () => actions.otherWrites(scene));
on('cut', 'click', () => actions.otherCuts(scene));
on('restore', 'click', () => actions.otherRestores(scene));
onRowCount(() => scene.goTo(scene.marks.cursor));

await scene.useStore().catch((error: unknown) => {
  scene.talk.say(`The page cannot start: ${String(error)}`, 'error');
  throw error;
});
document.body.dataset['ready'] = 'true';
