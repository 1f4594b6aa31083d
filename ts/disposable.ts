/** `using`, for compilers and libraries that do not know it: TypeScript before 5.2, or `lib` without `esnext.disposable`. */
declare global {
  interface SymbolConstructor {
    /** The method that `using` calls at the end of the block. */
    readonly dispose: unique symbol;
  }
  /** What `using` takes. */
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/** `Symbol.dispose`, or what stands for it in engines that do not know it. */
export const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose');
