/** `WebAssembly.instantiate` of a module, for programs whose types have no WebAssembly. */
export type InstantiateCore = (module: object, imports?: Record<string, Record<string, unknown>>) => Promise<object>;
