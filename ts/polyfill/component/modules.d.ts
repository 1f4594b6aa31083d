/** The core modules of the component by their names, which the Makefile puts beside this file in the package. */
export const modules: Readonly<Record<string, () => URL>>;
