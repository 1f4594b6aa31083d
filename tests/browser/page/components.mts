/** Where the page has its translated components from: the server. The static site has another module in this place. */

export type Instantiate<T> = (
  core: (path: string) => Promise<WebAssembly.Module>,
  imports: Record<string, object>,
) => Promise<T>;

export async function component<T>(name: string): Promise<Instantiate<T>> {
  const { instantiate } = (await import(`/guests/${name}/component.js`)) as { instantiate: Instantiate<T> };
  return instantiate;
}

/** @param path of a core module of the component */
export const coreModule = (name: string, path: string): Promise<WebAssembly.Module> =>
  WebAssembly.compileStreaming(fetch(`/guests/${name}/${path}`));
