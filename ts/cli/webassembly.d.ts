/** What is used of it: TypeScript declares it for browsers only. */
declare namespace WebAssembly {
  interface Module {
    readonly brand: 'WebAssembly.Module';
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
