/** Elements of the page by their id. */

export function find(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

export const input = (id: string): HTMLInputElement => find(id) as HTMLInputElement;

export const checked = (name: string): string =>
  document.querySelector<HTMLInputElement>(`input[name=${name}]:checked`)?.value ?? '';

export function on(id: string, kind: string, call: (event: Event) => void): void {
  find(id).addEventListener(kind, call);
}

/** Calls a function instead of sending the form. */
export function onSubmit(id: string, call: (event: SubmitEvent) => void): void {
  find(id).addEventListener('submit', (event) => {
    event.preventDefault();
    call(event);
  });
}
