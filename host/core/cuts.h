// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The addresses at which spans have divided memory of guests. The system does not always join memory again that was
// divided, so a guest that attaches and detaches spans could leave areas behind without number. Each address where a
// span has ended counts as an area until the system shows that no area begins there.
#pragma once

#include "system.h"

namespace wmcore {

class Cuts {
public:
  /// Prepares for a span: what was left in its range goes with its pages. Returns false if ended spans have left too
  /// many areas, which is an eighth of those that the system allows.
  static bool cover(uintptr_t start, uint64_t length);
  /// Counts what a span leaves whose pages were replaced by memory.
  static void leave(uintptr_t start, uint64_t length);
};

} // namespace wmcore
