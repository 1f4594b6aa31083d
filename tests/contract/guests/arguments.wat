;; Gives a command the words of `mgrep -n ERROR /log`, on a host that passes none.
(component
  (core module $module
    (memory (export "memory") 1)
    (data (i32.const 0) "mgrep-nERROR/log")
    ;; The address and the number of words; each with its address and length. Then no variables.
    (data (i32.const 64) "\80\00\00\00\04\00\00\00")
    (data (i32.const 128)
      "\00\00\00\00\05\00\00\00" "\05\00\00\00\02\00\00\00" "\07\00\00\00\05\00\00\00" "\0c\00\00\00\04\00\00\00")
    (data (i32.const 72) "\80\00\00\00\00\00\00\00")
    (func (export "arguments") (result i32) (i32.const 64))
    (func (export "environment") (result i32) (i32.const 72))
  )
  (core instance $instance (instantiate $module))
  (alias core export $instance "memory" (core memory $memory))
  (alias core export $instance "arguments" (core func $arguments))
  (alias core export $instance "environment" (core func $environment))
  (func $get-arguments (result (list string)) (canon lift (core func $arguments) (memory $memory)))
  (func $get-environment (result (list (tuple string string))) (canon lift (core func $environment) (memory $memory)))
  (instance $interface
    (export "get-arguments" (func $get-arguments))
    (export "get-environment" (func $get-environment))
  )
  (export "wasi:cli/environment@0.2.12" (instance $interface))
)
