/** The parts of `WebAssembly` that this project uses: TypeScript declares it for browsers only. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    readonly brand: 'WebAssembly.Module';
  }
  class Instance {
    constructor(module: Module, imports?: object);
    readonly exports: object;
  }
  class Memory {
    constructor(limits: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
  }
  function validate(bytes: Uint8Array): boolean;
  function compile(bytes: Uint8Array): Promise<Module>;
  function instantiate(module: Module): Promise<Instance>;
}
