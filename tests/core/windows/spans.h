// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the tests of spans on Windows share: they run with each access and each division of memory.
#pragma once

#include "../../../host/core/windows/placeholders.h"
#include "../support.h"

#include <string>
#include <tuple>

constexpr uint64_t unit = 65536;
constexpr uint8_t filler = 0xee;

using SpanCase = std::tuple<wmcore_access, wmcore::Division>;

inline auto span_cases() {
  return testing::Combine(testing::Values(WMCORE_READ, WMCORE_WRITE, WMCORE_COPY),
                          testing::Values(wmcore::Division::units, wmcore::Division::pages));
}

inline std::string name_of(const testing::TestParamInfo<SpanCase> &info) {
  static const char *const accesses[] = {"Read", "Write", "Copy"};
  return std::string(accesses[std::get<wmcore_access>(info.param)]) +
         (std::get<wmcore::Division>(info.param) == wmcore::Division::units ? "Units" : "Pages");
}

/// Calls the handlers as a page whose storage fails does: twice, since the first error is retried.
inline void fail_storage(const uint8_t *page) {
  const ULONG_PTR arguments[] = {0, reinterpret_cast<ULONG_PTR>(page), 0xC0000185}; // STATUS_IO_DEVICE_ERROR
  for (int time = 0; time < 2; time++)
    RaiseException(static_cast<DWORD>(EXCEPTION_IN_PAGE_ERROR), 0, 3, arguments);
}
