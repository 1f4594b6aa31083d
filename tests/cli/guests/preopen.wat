;; Maps the first directory that it was started with: run() is ok if that is `unsupported`.
(component
  (import "wasi:filesystem/types@0.2.12" (instance $types (export "descriptor" (type (sub resource)))))
  (alias export $types "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.12" (instance $preopens
    (alias outer 1 $descriptor (type $outer))
    (export "descriptor" (type $descriptor (eq $outer)))
    (export "get-directories" (func (result (list (tuple (own $descriptor) string)))))))
  (import "wasi-mmap:mmap/mapping@0.2.0" (instance $mapping
    (alias outer 1 $descriptor (type $outer))
    (export "descriptor" (type $descriptor (eq $outer)))
    (type $access' (enum "read" "write" "copy"))
    (export "access" (type $access (eq $access')))
    (type $error' (enum "access-denied" "bad-descriptor" "empty-file" "past-end" "invalid-argument" "read-only"
      "out-of-range" "not-resizable" "busy" "fault" "no-memory" "no-space" "unsupported" "io"))
    (export "error-code" (type $error (eq $error')))
    (export "mapping" (type $mapping (sub resource)))
    (export "mmap" (func (param "file" (option (borrow $descriptor))) (param "length" u64) (param "access" $access)
      (param "offset" u64) (result (result (own $mapping) (error $error)))))))

  (core module $memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $m (instantiate $memory))
  (core func $get (canon lower (func $preopens "get-directories") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (core func $mmap (canon lower (func $mapping "mmap") (memory (core memory $m "memory"))))
  (core module $main
    (import "host" "memory" (memory 1))
    (import "host" "get" (func $get (param i32)))
    (import "host" "mmap" (func $mmap (param i32 i32 i64 i32 i64 i32)))
    (func (export "run") (result i32)
      (call $get (i32.const 0)) ;; the list's address, its length
      (call $mmap (i32.const 1) (i32.load (i32.load (i32.const 0))) (i64.const 0) (i32.const 0) (i64.const 0) (i32.const 16))
      ;; err, and the number of `unsupported`
      (i32.eqz (i32.and (i32.eq (i32.load8_u (i32.const 16)) (i32.const 1))
                        (i32.eq (i32.load8_u (i32.const 20)) (i32.const 12))))))
  (core instance $i (instantiate $main (with "host" (instance
    (export "memory" (memory $m "memory")) (export "get" (func $get)) (export "mmap" (func $mmap))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.12" (instance $command)))
