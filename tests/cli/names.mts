/** Components with chosen names in every place for a name. */

/** Any name in the text format. */
export const quote = (name: string): string =>
  `"${[...Buffer.from(name)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}"`;

/** The text that makes a component a command that does nothing. Modules may precede the one that runs. */
export const command = (before = '', inside = '', exports = ''): string => `(component
  ${before}
  (core module $main ${inside} (func (export "run") (result i32) i32.const 0))
  (core instance $main (instantiate $main))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $command (export "run" (func $run)) ${exports})
  (export "wasi:cli/run@0.2.0" (instance $command)))`;

/** The names of a core module, and of its instantiation. jco writes all of them into its code. */
export const CORE_NAMES: Readonly<Record<string, (name: string) => string>> = {
  'a module that is imported': (name) =>
    command(`
      (core module $a (func (export "f")))
      (core instance $a (instantiate $a))
      (core module $b (import ${quote(name)} "f" (func)))
      (core instance (instantiate $b (with ${quote(name)} (instance $a))))`),
  'an import of a module': (name) =>
    command(`
      (core module $a (func (export ${quote(name)})))
      (core instance $a (instantiate $a))
      (core module $b (import "a" ${quote(name)} (func)))
      (core instance (instantiate $b (with "a" (instance $a))))`),
  'an export that is lifted': (name) =>
    command(`
      (core module $a (func (export ${quote(name)})))
      (core instance $a (instantiate $a))
      (alias core export $a ${quote(name)} (core func $f))
      (func (export "other") (canon lift (core func $f)))`),
  'a memory that is used': (name) =>
    command(`
      (core module $a (memory (export ${quote(name)}) 1) (func (export "f") (param i32 i32))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
      (core instance $a (instantiate $a))
      (alias core export $a ${quote(name)} (core memory $memory))
      (func (export "other") (param "text" string)
        (canon lift (core func $a "f") (memory $memory) (realloc (core func $a "realloc"))))`),
  'an instance that is put together': (name) =>
    command(`
      (core module $a (func (export "f")))
      (core instance $a (instantiate $a))
      (core instance $c (export ${quote(name)} (func $a "f")))
      (core module $b (import "a" ${quote(name)} (func)))
      (core instance (instantiate $b (with "a" (instance $c))))`),
  'a module in a component in a component': (name) =>
    command(`
      (component $outer
        (component $inner
          (core module $a (func (export "f")))
          (core instance $a (instantiate $a))
          (core module $b (import ${quote(name)} "f" (func)))
          (core instance (instantiate $b (with ${quote(name)} (instance $a)))))
        (instance (instantiate $inner)))
      (instance (instantiate $outer))`),
  'the destructor of a resource': (name) =>
    command(`
      (core module $a (func (export ${quote(name)}) (param i32)))
      (core instance $a (instantiate $a))
      (type $resource (resource (rep i32) (dtor (core func $a ${quote(name)}))))
      (export "thing" (type $resource))`),
  'a module that nothing instantiates': (name) => command(`(core module (func (export ${quote(name)})))`),
};
