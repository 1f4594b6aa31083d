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

/** The same command for WASI 0.3. */
export const toP3 = (text: string): string =>
  text
    .replace('(func $run (result (result))', '(func $run async (result (result))')
    .replace('wasi:cli/run@0.2.0', 'wasi:cli/run@0.3.0');

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

/** Those that only WASI 0.3 has. */
export const CORE_NAMES_P3: typeof CORE_NAMES = {
  'an async function': (name) =>
    toP3(
      command(`
      (core module $a
        (func (export ${quote(name)}) (result i32) i32.const 0)
        (func (export "callback") (param i32 i32 i32) (result i32) i32.const 0))
      (core instance $a (instantiate $a))
      (alias core export $a ${quote(name)} (core func $f))
      (func (export "other") async (canon lift (core func $f) async (callback (core func $a "callback"))))`),
    ),
  'a callback': (name) =>
    toP3(
      command(`
      (core module $a
        (func (export "f") (result i32) i32.const 0)
        (func (export ${quote(name)}) (param i32 i32 i32) (result i32) i32.const 0))
      (core instance $a (instantiate $a))
      (alias core export $a ${quote(name)} (core func $callback))
      (func (export "other") async (canon lift (core func $a "f") async (callback (core func $callback))))`),
    ),
  'a function of the component model': (name) =>
    toP3(
      command(`
      (core module $a (memory (export "m") 1))
      (core instance $a (instantiate $a))
      (type $stream (stream u8))
      (canon task.return (core func $return))
      (canon stream.new $stream (core func $new))
      (canon stream.read $stream (memory (core memory $a "m")) async (core func $read))
      (canon waitable-set.wait (memory (core memory $a "m")) (core func $wait))
      (core instance $b
        (export ${quote(name)} (func $return)) (export ${quote(`${name}1`)} (func $new))
        (export ${quote(`${name}2`)} (func $read)) (export ${quote(`${name}3`)} (func $wait)))
      (core module $c
        (import "b" ${quote(name)} (func)) (import "b" ${quote(`${name}1`)} (func (result i64)))
        (import "b" ${quote(`${name}2`)} (func (param i32 i32 i32) (result i32)))
        (import "b" ${quote(`${name}3`)} (func (param i32 i32) (result i32))))
      (core instance (instantiate $c (with "b" (instance $b))))`),
    ),
};
