// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The addresses at which spans have divided memory of guests. The system does not always join memory again that was
// divided, so a guest that attaches and detaches spans could leave areas behind without number. Each address counts as
// an area until the system shows that no area begins there.
#pragma once

#include "system.h"

namespace wmcore {

class Cuts {
public:
  /// Counts both ends of a range that is about to be placed. Returns false, and counts nothing, if there would be too
  /// many areas. After true, the caller calls settle() when the pages are there, or will not be.
  static bool add(uintptr_t start, uintptr_t end);
  static void settle(uintptr_t start, uintptr_t end);
  /// Tells that the pages of a range have been replaced.
  static void leave();
  /// Counts an area that is no cut. Returns false if there would be too many.
  static bool take_area();
};

} // namespace wmcore
