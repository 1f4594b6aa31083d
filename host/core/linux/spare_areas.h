// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Areas of memory that are held to be given up. A process that holds as many as the system allows can replace an area
// as a whole, but only after it has given up one: here they are, for a handler that must not fail.
#pragma once

namespace wmcore {

/// Whether all of them are there.
bool has_spare_areas();
/// Has all of them there, as far as the system allows. One thread at a time.
void hold_spare_areas();
/// Gives one up. False: none is left. Safe in a signal handler: atomics and a system call.
bool give_up_spare_area();

} // namespace wmcore
