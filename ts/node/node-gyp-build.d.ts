declare module 'node-gyp-build' {
  /** Loads the addon that belongs to the package in this directory. */
  function load(directory: string): unknown;
  export = load;
}
