// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "budget.h"

#include <new>

extern "C" {

wmcore_budget *wmcore_budget_create(uint64_t bytes) { return new (std::nothrow) wmcore_budget(bytes); }

void wmcore_budget_release(wmcore_budget *budget) { budget->release(); }

uint64_t wmcore_budget_used(const wmcore_budget *budget) { return budget->taken(); }

uint64_t wmcore_budget_peak(const wmcore_budget *budget) { return budget->most_taken(); }

} // extern "C"
