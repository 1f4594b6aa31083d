// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The parts of system.h that the systems of POSIX do in their own ways. The folders linux and darwin implement these
// functions.
#pragma once

#include "../system.h"

#include <csignal>

namespace wmcore {

/// The access behind a signal.
struct Access {
  bool faulted;      ///< A page was missing or protected. Otherwise a program sent the signal, or no page could help.
  bool may_be_store; ///< False for loads, and where SIGBUS is never raised for protected pages.
  bool sent;         ///< A program sent the signal, as far as the system can tell.
};

/// Returns the access behind a SIGBUS. Safe in a signal handler: it only reads what the kernel passed.
Access access_of(const siginfo_t &info, const void *context);
/// Maps zero pages over a range. Safe in a signal handler.
bool map_zeros(uintptr_t start, uint64_t length, int protection);
/// A number that no other live thread of the process has. Safe in a signal handler.
long thread_number();
/// Keeps the code of the handler in memory: an engine may unload an addon.
void keep_loaded();

/// How the system maps a file.
struct FileMapping {
  uint64_t page; ///< The page size in bytes.
  bool coherent; ///< Whether it is known that reads of the file and its pages show the same bytes.
};

/// @param flags of F_GETFL
FileMapping mapping_of(int fd, int flags);
/// The number of descriptors that the process may have, or UINT64_MAX if it is not limited.
uint64_t max_descriptors();
/// Tells whether a descriptor was opened for its path alone, by the flags of F_GETFL.
bool is_path_only(int flags);

/// Allocates blocks past the end of a file, all or none, and leaves the end. Returns 0 or an error number.
int allocate_past_end(int fd, uint64_t from, uint64_t to);
/// Tells whether allocate_past_end() failed because the file system does not support it.
bool is_unsupported(int error);
/// Moves the end of a file forward, never backward. Returns 0 or an error number.
int move_end_forward(int fd, uint64_t to);

/// Flushes the cache of the storage device, where flush_pages() of the file's pages does not. Returns 0 or an error
/// number.
int flush_device(int fd);

/// Asks the system to read pages soon. `offset` is theirs in `file`, which may be null. Returns 0 or an error number.
int read_ahead(uint8_t *base, uint64_t length, const File *file, uint64_t offset);

/// Excludes memory from the children of fork(). A failure has no other effect.
void keep_from_children(void *base, uint64_t length);

} // namespace wmcore
