// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The access behind a signal, as the processor describes it. Darwin's si_code tells nothing: it is BUS_ADRALN on arm64
// and BUS_ADRERR on x86-64 whatever happened, also for a signal that a program sent (XNU: bsd/dev/*/unix_signal.c).
// Protected pages raise SIGBUS too. No header of Darwin is needed, so that tests elsewhere can pass these values.
#pragma once

#include "../posix/native.h"

namespace wmcore {

/// Decodes the exception syndrome of arm64 (ESR_EL1, as in XNU's osfmk/arm64/proc_reg.h and is_vm_fault()).
constexpr Access access_of_syndrome(uint32_t syndrome) {
  constexpr uint32_t data_abort = 0x24; // From user code.
  constexpr uint32_t alignment = 0x21;
  constexpr uint32_t store = 1U << 6;
  constexpr uint32_t cache_maintenance = 1U << 8; // Such instructions count as stores, but need no permission to write.
  const uint32_t kind = syndrome >> 26;
  const uint32_t status = syndrome & 0x3f;
  const bool page = kind == data_abort && status >= 0x04 && status <= 0x0f; // Translation, access flag, permission.
  const bool misaligned = kind == data_abort && status == alignment;
  return {page, page && (syndrome & store) != 0 && (syndrome & cache_maintenance) == 0, !page && !misaligned};
}

/// Decodes the number of the exception and its error code on x86-64 (Intel SDM, volume 3, 6.15).
constexpr Access access_of_exception(uint32_t number, uint32_t error) {
  constexpr uint32_t page_fault = 14;
  constexpr uint32_t alignment_check = 17;
  constexpr uint32_t store = 1U << 1;
  const bool page = number == page_fault;
  return {page, page && (error & store) != 0, !page && number != alignment_check};
}

} // namespace wmcore
