// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SEEK_HOLE moves the position that a descriptor shares with the caller's, /dev/fd gives no second one, and a file
// system does not know stores into mapped pages before they are written: searches ignore holes.
#include "../system.h"

namespace wmcore {

Holes::~Holes() = default;

void Holes::open(const File & /*file*/) {}

uint64_t Holes::next_data(uint64_t from) const { return from; }

uint64_t Holes::next_hole(uint64_t /*from*/) const { return none; }

} // namespace wmcore
