/**
 * Mends a fault of jco up to jco-transpile 0.15 in its code: it takes the addresses that a guest passes, which are 32 bits, for
 * signed numbers. From 2 GiB on they are negative: lists fail with a RangeError, or are taken from the end of memory.
 */
export function mendAddresses(code: string): string {
  return code
    .replace(/\bvar (ptr\d+) = (arg\d+);/g, 'var $1 = $2 >>> 0;')
    .replace(
      /\b(var|const) ((?:ptr|result)\d*|dataPtr) = ((?:await )?(?:ctx\.)?realloc\d*(?:Async)?\([^;]*\));/g,
      '$1 $2 = ($3) >>> 0;',
    )
    .replace(/\b(dataView\(memory\d+\)\.\w+\()(arg\d+) \+/g, '$1($2 >>> 0) +')
    .replace(/\b((?:offset|dataPtr|storagePtr) = (?:ctx\.)?params\[0\]);/g, '$1 >>> 0;')
    .replace(/\b(hasResultPointer \? params\[params\.length - 1\]) :/g, '$1 >>> 0 :')
    .replace(/\b(resultPtr = argArray\[argArray\.length - 1\]);/g, '$1 >>> 0;')
    .replace(/\b(start: ptr|ptr: resultPtr),/g, '$1 >>> 0,');
}
