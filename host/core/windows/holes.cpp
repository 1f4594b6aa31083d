// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files on Windows are sparse only if a program asks for it: searches ignore holes.
#include "../system.h"

namespace wmcore {

Holes::~Holes() = default;

void Holes::open(const File & /*file*/) {}

uint64_t Holes::next_data(uint64_t from) const { return from; }

uint64_t Holes::next_hole(uint64_t /*from*/) const { return none; }

} // namespace wmcore
