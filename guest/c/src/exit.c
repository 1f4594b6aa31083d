/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Exit codes. The adapter of WASI 0.1 knows success and failure alone, so exit(3) would end with 1. Here the program's
 * code goes to wasi:cli 0.2.12 as it is: that of exit(), _Exit() and of main's return.
 *
 * -DWMMAP_ADAPTER_EXIT leaves that to the adapter, for hosts of WASI before 0.2.12 and for libraries.
 */
#ifndef WMMAP_ADAPTER_EXIT
#include "abi.h"

#include <stdlib.h>

EXIT("exit-with-code") _Noreturn void wmmap_exit_with_code(int32_t code);

/* What a linker of components has to know of the import, so that the program's world need not name it: the world
 * { import wasi:cli/exit@0.2.12; }, encoded by `wasm-tools component embed --only-custom`. */
__asm__(".section \".custom_section.component-type:wasi-mmap-exit\",\"\",@\n"
        "  .ascii \"\\000asm\\015\\000\\001\\000\\000\\031\\026wit-component-encoding\\004\\000\\007\\177\"\n"
        "  .ascii \"\\001A\\002\\001A\\002\\001B\\005\\001j\\000\\000\\001@\\001\\006status\\000\\001\\000\"\n"
        "  .ascii \"\\004\\000\\004exit\\001\\001\\001@\\001\\013status-code}\\001\\000\\004\\000\\016exit-w\"\n"
        "  .ascii \"ith-code\\001\\002\\003\\000\\024wasi:cli/exit@0.2.12\\005\\000\\004\\000\\031wasi-mmap:\"\n"
        "  .ascii \"guest/exit-code\\004\\000\\013\\017\\001\\000\\011exit-code\\003\\000\\000\"\n"
        "  .text\n");

/* mman.c has something to do before. */
#ifndef WMMAP_OWN_EXIT
/* The symbol by which the C library names the adapter's function. */
_Noreturn void __imported_wasi_snapshot_preview1_proc_exit(int32_t code) { wmmap_exit_with_code(code & 0xff); }
#endif
#endif
