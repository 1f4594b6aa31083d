/**
 * Mends a fault of jco up to jco-transpile 0.15 in its code for WASI 0.3: what an async function returns to a component in a
 * component gets its handle in the table of the outer one. The inner one then finds nothing there, or something else.
 * Mended: tests/cli/jco-faults.test.mts fails ("a handle is in the table of another component").
 */
export function mendTables(code: string): string {
  return code.replace(
    /(_lowerFlatOwn\(\{\s+componentIdx: \d+,\s+tableIdx: (\d+),\s+lowerFn:\s+function lowerImportedOwnedHost_[\w$]+\(obj\) \{(?:(?!_lowerFlatOwn)[\s\S])*?rscTableCreateOwn\(handleTable)\d+(, rep\))/g,
    '$1$2$3',
  );
}
