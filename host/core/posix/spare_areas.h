// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Spare memory areas for the fault handler. A process at the limit of areas can replace a whole area only after it has
// freed one: the handler, which must not fail, frees one of these.
#pragma once

namespace wmcore {

/// Tells whether all spare areas exist.
bool has_spare_areas();
/// Creates the missing spare areas, as far as the system allows. One thread at a time.
void hold_spare_areas();
/// Frees one. Returns false if none is left. Safe in a signal handler: atomics and one system call.
bool give_up_spare_area();

} // namespace wmcore
