;; A guest that calls the polyfill by hand: scenario(number) runs one of the functions that canonical.test.mts puts in place of
;; SCENARIOS. It ends with 0, a number that says what went wrong, or a trap.
(module
  (import "wasi:cli/exit@0.2.12" "exit" (func $exit (param i32)))
  (import "wasi:filesystem/preopens@0.2.12" "get-directories" (func $get-directories (param i32)))
  (import "wasi:filesystem/types@0.2.12" "[method]descriptor.open-at"
    (func $open-at (param i32 i32 i32 i32 i32 i32 i32)))
  (import "wasi:filesystem/types@0.2.12" "[method]descriptor.set-size" (func $set-size (param i32 i64 i32)))
  (import "wasi:filesystem/types@0.2.12" "[method]descriptor.read" (func $read-file (param i32 i64 i64 i32)))
  (import "wasi:filesystem/types@0.2.12" "[resource-drop]descriptor" (func $drop-file (param i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "mmap" (func $mmap (param i32 i32 i64 i32 i64 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "mmap-posix" (func $mmap-posix (param i32 i32 i64 i32 i32 i64 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.length" (func $length (param i32) (result i64)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.access" (func $access (param i32) (result i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.file-size" (func $file-size (param i32 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.read" (func $read (param i32 i64 i64 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.write" (func $write (param i32 i64 i32 i32 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.move" (func $move (param i32 i64 i64 i64 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.find" (func $find (param i32 i32 i32 i64 i64 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.rfind" (func $rfind (param i32 i32 i32 i64 i64 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.flush" (func $flush (param i32 i64 i64 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.resize" (func $resize (param i32 i64 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[method]mapping.advise" (func $advise (param i32 i64 i64 i32 i32)))
  (import "wasi-mmap:mmap/mapping@0.2.0" "[resource-drop]mapping" (func $drop (param i32)))
  (import "wasi-mmap:mmap/span@0.2.0" "granularity" (func $granularity (param i32)))
  (import "wasi-mmap:mmap/span@0.2.0" "attach" (func $attach (param i32 i64 i32 i32 i32)))

  (memory (export "memory") 2)
  (data (i32.const 1024) "file")
  (data (i32.const 1032) "large")

  ;; What `realloc` does, from its next call on.
  (global $honest i32 (i32.const 0))
  (global $outside i32 (i32.const 1))
  (global $nowhere i32 (i32.const 2))
  (global $calls i32 (i32.const 3))
  (global $grows i32 (i32.const 4))
  (global $fixed i32 (i32.const 5))
  (global $mode (mut i32) (i32.const 0))
  ;; The address that it returns where that is fixed, and the function of the table that it calls.
  (global $place (mut i32) (i32.const 0))
  (global $called (mut i32) (i32.const 0))

  ;; The end of the memory that is in use. Results are stored at 256.
  (global $next (mut i32) (i32.const 4096))
  ;; The file, its mapping, and the memory in bytes, see $begin.
  (global $f (mut i32) (i32.const 0))
  (global $m (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))

  (table funcref (elem SCENARIOS))
  (type $scenario (func (result i32)))
  (func (export "scenario") (param i32) (result i32)
    (call $begin)
    (call_indirect (type $scenario) (local.get 0)))

  ;; Reserves memory at the end of what is in use.
  (func $reserve (param $length i32) (result i32)
    (local $start i32)
    (local.set $start (global.get $next))
    (global.set $next (i32.add (local.get $start) (local.get $length)))
    (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
      (then
        (if (i32.eq (i32.const -1) (memory.grow (i32.shr_u (i32.add (local.get $length) (i32.const 65535)) (i32.const 16))))
          (then unreachable))))
    (local.get $start))

  (func (export "cabi_realloc") (param $old i32) (param $old_length i32) (param $align i32) (param $length i32) (result i32)
    (local $mode i32)
    (local $new i32)
    (local.set $mode (global.get $mode))
    (if (i32.eq (local.get $mode) (global.get $outside)) (then (return (i32.const 0xfffff000))))
    (if (i32.eq (local.get $mode) (global.get $nowhere)) (then (return (i32.const 0))))
    (if (i32.eq (local.get $mode) (global.get $fixed)) (then (return (global.get $place))))
    (if (i32.eq (local.get $mode) (global.get $calls))
      (then
        (global.set $mode (global.get $honest))
        (drop (call_indirect (type $scenario) (global.get $called)))))
    (if (i32.eq (local.get $mode) (global.get $grows)) (then (drop (memory.grow (i32.const 64)))))
    ;; Strings are not aligned; everything else is.
    (if (i32.and (i32.gt_u (local.get $align) (i32.const 1)) (i32.eqz (local.get $old)))
      (then (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))))
    (if (i32.and (i32.ne (local.get $old) (i32.const 0))
          (i32.eq (i32.add (local.get $old) (local.get $old_length)) (global.get $next)))
      (then
        (global.set $next (local.get $old))
        (return (call $reserve (local.get $length)))))
    (local.set $new (call $reserve (local.get $length)))
    (memory.copy (local.get $new) (local.get $old)
      (select (local.get $old_length) (local.get $length) (i32.lt_u (local.get $old_length) (local.get $length))))
    (local.get $new))

  ;; Ends everything where a scenario cannot begin.
  (func $require (param i32)
    (if (i32.eqz (local.get 0)) (then (call $exit (i32.const 1)) unreachable)))

  ;; Opens a file of the first directory.
  (func $open (param $name i32) (param $length i32) (result i32)
    (call $get-directories (i32.const 256))
    (call $require (i32.ge_u (i32.load (i32.const 260)) (i32.const 1)))
    (call $open-at (i32.load (i32.load (i32.const 256))) (i32.const 0) (local.get $name) (local.get $length) (i32.const 0)
      (i32.const 3) (i32.const 256))
    (call $require (i32.eqz (i32.load8_u (i32.const 256))))
    (i32.load (i32.const 260)))

  (func $map (param $file i32) (param $access i32) (result i32)
    (call $mmap (i32.const 1) (local.get $file) (i64.const 0) (local.get $access) (i64.const 0) (i32.const 256))
    (call $require (i32.eqz (i32.load8_u (i32.const 256))))
    (i32.load (i32.const 260)))

  (func $begin
    (global.set $f (call $open (i32.const 1024) (i32.const 4)))
    (global.set $m (call $map (global.get $f) (i32.const 1)))
    (global.set $end (i32.mul (memory.size) (i32.const 65536))))

  ;; The status of the last call: 0, or 1 and the number of the error, which is at this offset.
  (func $status (param $offset i32) (result i32)
    (if (result i32) (i32.load8_u (i32.const 256))
      (then (i32.add (i32.const 1) (i32.load8_u (i32.add (i32.const 256) (local.get $offset)))))
      (else (i32.const 0))))

  (func $read-at (param $offset i64) (param $length i64) (result i32)
    (call $read (global.get $m) (local.get $offset) (local.get $length) (i32.const 256))
    (call $status (i32.const 4)))

  (func $write-at (param $offset i64) (param $address i32) (param $length i32) (result i32)
    (call $write (global.get $m) (local.get $offset) (local.get $address) (local.get $length) (i32.const 256))
    (call $status (i32.const 1)))

  (func $move-to (param $to i64) (param $from i64) (param $length i64) (result i32)
    (call $move (global.get $m) (local.get $to) (local.get $from) (local.get $length) (i32.const 256))
    (call $status (i32.const 1)))

  ;; Whether bytes of the list that was read last are those of the file, which are the numbers of their places in 4 KiB:
  ;; byte = place % 251. `offset` is the place of the first one.
  (func $is-right (param $address i32) (param $length i32) (param $offset i32) (result i32)
    (local $i i32)
    (block $wrong
      (loop $next
        (if (i32.eq (local.get $i) (local.get $length)) (then (return (i32.const 1))))
        (br_if $wrong (i32.ne (i32.load8_u (i32.add (local.get $address) (local.get $i)))
          (i32.rem_u (i32.add (local.get $offset) (local.get $i)) (i32.const 251))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  ;; The sum of some bytes, in which their order counts.
  (func $sum (param $address i32) (param $length i32) (result i32)
    (local $sum i32)
    (loop $next
      (if (i32.eqz (local.get $length)) (then (return (i32.and (local.get $sum) (i32.const 0x7fffffff)))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (i32.load8_u (local.get $address))))
      (local.set $address (i32.add (local.get $address) (i32.const 1)))
      (local.set $length (i32.sub (local.get $length) (i32.const 1)))
      (br $next))
    unreachable)

  ;; Finds bytes of the mapping in both directions: 0 if they are where they were read, at `offset`.
  (func $find-own (param $offset i64) (param $length i64) (result i32)
    (local $address i32)
    (local $n i32)
    (if (call $read-at (local.get $offset) (local.get $length)) (then (return (i32.const 1))))
    (local.set $address (i32.load (i32.const 260)))
    (local.set $n (i32.load (i32.const 264)))
    (call $find (global.get $m) (local.get $address) (local.get $n) (i64.const 0) (i64.const -1) (i32.const 256))
    (if (i32.or (call $status (i32.const 8)) (i64.ne (i64.load (i32.const 272)) (local.get $offset))) (then (return (i32.const 2))))
    (call $rfind (global.get $m) (local.get $address) (local.get $n) (i64.const 0) (i64.const -1) (i32.const 256))
    (if (i32.or (call $status (i32.const 8)) (i64.ne (i64.load (i32.const 272)) (local.get $offset))) (then (return (i32.const 3))))
    ;; The match is found where it fills the range, and not where a byte of it is outside.
    (call $find (global.get $m) (local.get $address) (local.get $n) (local.get $offset)
      (i64.add (local.get $offset) (local.get $length)) (i32.const 256))
    (if (i32.or (call $status (i32.const 8)) (i64.ne (i64.load (i32.const 272)) (local.get $offset))) (then (return (i32.const 4))))
    (call $find (global.get $m) (local.get $address) (local.get $n) (i64.add (local.get $offset) (i64.const 1)) (i64.const -1)
      (i32.const 256))
    (if (i32.or (call $status (i32.const 8)) (i32.load8_u (i32.const 264))) (then (return (i32.const 5))))
    (call $rfind (global.get $m) (local.get $address) (local.get $n) (i64.const 0)
      (i64.sub (i64.add (local.get $offset) (local.get $length)) (i64.const 1)) (i32.const 256))
    (if (i32.or (call $status (i32.const 8)) (i32.load8_u (i32.const 264))) (then (return (i32.const 6))))
    (i32.const 0))

  FUNCTIONS)
