// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The reports that ThreadSanitizer is told to leave out.

/// The fault handler may ask a descriptor that another thread closes, and compares device and inode: see signals.cpp.
/// ThreadSanitizer takes the two calls for a race, and ends later children of the process with its own status.
///
/// Pages that are brought back may be in use by threads that have stepped aside, which then read them again.
extern "C" const char *__tsan_default_suppressions() { // NOLINT: its name.
  return "race:wmcore::File::~File\nrace:wmcore::restore_pages\n";
}
