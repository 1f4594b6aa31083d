// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the core asks of an operating system. Each folder named after a system implements it; nothing else in the core
// knows one. Every function leaves the system's error number where wmcore_system_error() finds it.
#pragma once

#include "wasi_mmap_core.h"

#include <memory>

namespace wmcore {

/// How the pages of a region are made.
struct PageKind {
  bool read;    ///< Pages may be read.
  bool write;   ///< Pages may be written (and so read).
  bool execute; ///< Pages may be executed.
  bool shared;  ///< Stores reach the file.
};

/// Which file a number stands for, where the system can tell: a host that closes our descriptor gives its number away.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
};

/// A file of our own: a duplicate of the caller's, closed with the last mapping or region that needs it.
class File {
public:
  explicit File(wmcore_file handle, uint64_t page, FileIdentity identity = {}, bool named = false)
      : handle(handle), page(page), identity(identity), named(named) {}
  ~File();
  File(const File &) = delete;
  File &operator=(const File &) = delete;

  /// Checks that the caller's file is open, of a kind that can be mapped and open for what the access needs, in this
  /// order; then duplicates it. The last descriptors that a process may have are left to it.
  static wmcore_status duplicate(wmcore_file file, bool need_write, std::shared_ptr<const File> &result);

  /// Opens the memory that processes share under this name (UTF-8), or makes it: zero-filled and `length` bytes long.
  /// `unsupported` where the system has no such names.
  static wmcore_status share(const char *name, uint64_t length, std::shared_ptr<const File> &result);

  /// `bad-descriptor` if the handle is not this file's any more.
  wmcore_status size(uint64_t &result) const;
  /// Cuts the file to a size, or extends it, with blocks for what is added. A file that is longer by then, because
  /// others have appended to it, is not cut by extending. On failure the file keeps its size, and what others appended.
  wmcore_status resize(uint64_t size) const;

  const wmcore_file handle;
  const uint64_t page; ///< The size of its pages: larger ones on some file systems.
  const FileIdentity identity;
  const bool named; ///< It is memory that processes share under a name.
};

/// Where a file has data. Everything between is a hole: it reads as zeros, and takes no blocks.
class Holes {
public:
  static constexpr uint64_t none = UINT64_MAX;

  Holes() = default;
  ~Holes();
  Holes(const Holes &) = delete;
  Holes &operator=(const Holes &) = delete;

  /// Looks at the file. Where the system cannot tell, or there are hardly any holes, they stay unknown.
  void open(const File &file);
  bool known() const { return descriptor >= 0; }
  /// The first offset of data, or of a hole, from an offset of the file on, or `none`. The end of the file begins a
  /// hole.
  uint64_t next_data(uint64_t from) const;
  uint64_t next_hole(uint64_t from) const;

private:
  int descriptor = -1;
};

/// Half of the areas of memory that the system lets a process hold.
size_t max_areas();

/// Mappings begin at multiples of this, a power of two.
uint64_t granularity();
/// Pages are this large, a power of two, and a file ends with one: that is what can be lost, flushed and advised.
uint64_t page_size();

/// Whether pages obey POSIX: they may lie past the end of their file, and a file may be cut under them. If not, there
/// is no mmap-posix, and a file can only be cut while nobody has pages of it.
bool posix_pages();

/// Makes faults on our pages survivable, also after another part of the program has installed a handler of its own.
wmcore_status install_fault_handler();

/// Maps `length` bytes from `offset` (a multiple of the granularity) of `file`, or of zero-filled memory if null.
wmcore_status map_pages(const File *file, uint64_t offset, uint64_t length, PageKind kind, uint8_t *&base);
/// Puts pages of the file over those at `base`, which map_pages() made; a failure leaves what was there.
bool restore_pages(uint8_t *base, const File &file, uint64_t offset, uint64_t length, PageKind kind);
/// False: they are still there.
bool unmap_pages(uint8_t *base, uint64_t length);
/// Frees the memory of zero pages that were stored into in place of lost ones.
void discard_zeros(uint8_t *base, uint64_t length);

/// What spans must be aligned to: at least granularity(). 0: pages cannot be put in place of memory that exists.
uint64_t span_granularity();
/// Puts pages of the file in place of the memory at `base`; a failure leaves memory there, perhaps zero-filled.
wmcore_status place_pages(uint8_t *base, const File &file, uint64_t offset, uint64_t length, PageKind kind);
/// Puts zero-filled memory in place of pages that place_pages() put there. False: the pages are still there.
bool clear_pages(uint8_t *base, uint64_t length);

/// Addresses, from a multiple of span_granularity() on, for memory with the properties that clear_pages() gives it, so
/// that the system sees one area again.
uint8_t *reserve_memory(uint64_t size);
bool allow_memory(uint8_t *start, uint64_t length);
/// Both take a range that begins with a page.
wmcore_status flush_pages(uint8_t *base, uint64_t length, const File &file);
/// Advice other than WMCORE_WILL_NEED and WMCORE_DONT_NEED splits areas, unless the range is that of a whole region.
wmcore_status advise_pages(uint8_t *base, uint64_t length, wmcore_advice advice, bool discards_changes);

} // namespace wmcore
