/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The start of a command of WASI 0.3, for programs with a main() over the C library of WASI 0.1. They are linked as a
 * reactor (-mexec-model=reactor), for the other kind exports the `run` of 0.2. The type of `run` is async, so main()
 * may call what waits.
 */
#include <stdbool.h>
#include <stdlib.h>

/* The C library's: main() with its arguments, and what happens at exit. */
int __main_void(void);
void __wasm_call_dtors(void);

/* 0 is success, as in a component's result. Another code ends the program by exit(), see src/exit.c. */
__attribute__((export_name("wasi:cli/run@0.3.0#run"))) int wmmap_run(void) {
  static bool started;
  if (started) /* A command runs once in an instance, as in wasi-libc. */
    __builtin_trap();
  started = true;
  const int code = __main_void();
  __wasm_call_dtors();
  if (code != 0)
    _Exit(code);
  return 0;
}
