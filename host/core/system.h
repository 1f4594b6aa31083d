// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The operating system as the core sees it. Each folder named after a system implements these functions; the rest of
// the core is portable. A function that fails keeps the system's error number for wmcore_system_error().
#pragma once

#include "wasi_mmap_core.h"

#include <memory>
#include <vector>

namespace wmcore {

/// The protection and sharing of a region's pages.
struct PageKind {
  bool read;    ///< Pages may be read.
  bool write;   ///< Pages may be written; then they may be read too.
  bool execute; ///< Pages may be executed.
  bool shared;  ///< Stores reach the file, if there is one.

  bool stores_reach_file() const { return write && shared; }
  /// Bits of wmcore_rights that a file needs for such pages.
  uint32_t needed_rights() const { return stores_reach_file() ? WMCORE_ALL_RIGHTS : WMCORE_RIGHT_READ; }
};

/// The identity of a file, where the system can tell it. It reveals that a host closed our descriptor and another file
/// got its number.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
};

/// A duplicate of the caller's file. It closes with the last mapping or region that needs it.
class File {
public:
  explicit File(wmcore_file handle, uint64_t page, FileIdentity identity = {}, bool named = false,
                bool coherent = false)
      : handle(handle), page(page), identity(identity), named(named), coherent(coherent) {}
  ~File();
  File(const File &) = delete;
  File &operator=(const File &) = delete;

  /// Duplicates the caller's file. Checks in this order that it is open, that its kind can be mapped, and that both
  /// `rights` and the system hold the rights in `needed` (bits of wmcore_rights). Fails with `no-memory` rather than
  /// take the last descriptors of the process. @param size receives the size of the file in bytes.
  static wmcore_status duplicate(wmcore_file file, uint32_t rights, uint32_t needed,
                                 std::shared_ptr<const File> &result, uint64_t &size);

  /// Opens or creates the memory that processes share under this name (UTF-8). New memory is zero-filled and `length`
  /// bytes long. Error: `unsupported` (the system has no such names).
  static wmcore_status share(const char *name, uint64_t length, std::shared_ptr<const File> &result);

  /// Error: `bad-descriptor` (the handle now belongs to another file).
  wmcore_status size(uint64_t &result) const;
  /// Reads bytes of the file without touching a page, if it is known that its pages show the same bytes. Returns false
  /// if that is not known, or not all bytes could be read.
  bool read(uint64_t offset, uint64_t length, void *target) const;
  /// Truncates the file, or extends it and allocates blocks for the new bytes. Extending never truncates a file to
  /// which others append meanwhile. On failure the file keeps its size and what others appended.
  wmcore_status resize(uint64_t size) const;

  const wmcore_file handle;
  const uint64_t page; ///< Page size in bytes; some file systems have larger pages.
  const FileIdentity identity;
  const bool named;    ///< Whether it is memory that processes share under a name.
  const bool coherent; ///< Whether it is known that reads of the file and its pages show the same bytes.
};

/// The data and the holes of a sparse file. A hole reads as zeros and takes no blocks.
class Holes {
public:
  static constexpr uint64_t none = UINT64_MAX;

  Holes() = default;
  ~Holes();
  Holes(const Holes &) = delete;
  Holes &operator=(const Holes &) = delete;

  /// Inspects the file. The holes stay unknown where the system cannot tell them, and where there are hardly any.
  void open(const File &file);
  bool known() const { return descriptor >= 0; }
  /// The first offset of data, or of a hole, at or after an offset of the file, or `none`. The end of the file counts
  /// as a hole.
  uint64_t next_data(uint64_t from) const;
  uint64_t next_hole(uint64_t from) const;

private:
  int descriptor = -1;
};

/// Half of the memory areas that the system lets a process hold.
size_t max_areas();
/// Finds the addresses where memory areas of the process begin, perhaps with some others, in order. Returns false if
/// the system does not tell.
bool find_areas(std::vector<uintptr_t> &starts);

/// The allocation granularity in bytes, a power of two: mappings start at multiples of it.
uint64_t granularity();
/// The page size in bytes, a power of two. Pages are lost, flushed and advised as a whole.
uint64_t page_size();

/// Tells whether pages follow POSIX: they may lie past the end of the file, and the file may be truncated while it is
/// mapped. Otherwise there is no mmap-posix, and a file can be truncated only while it is not mapped.
bool posix_pages();

/// Tells whether a program may ask for pages that can be executed.
bool executable_pages();

/// Installs the fault handler, again if another part of the program has replaced it.
wmcore_status install_fault_handler();

/// Maps `length` bytes from `offset` (a multiple of the granularity) of `file`, or of zero-filled memory if null.
wmcore_status map_pages(const File *file, uint64_t offset, uint64_t length, PageKind kind, uint8_t *&base);
/// Maps pages of the file over those at `base`, which map_pages() mapped. A failure changes nothing.
bool restore_pages(uint8_t *base, const File &file, uint64_t offset, uint64_t length, PageKind kind);
/// Returns false if the pages are still mapped.
bool unmap_pages(uint8_t *base, uint64_t length);
/// Frees the memory of zero pages that were stored into in place of lost ones.
void discard_zeros(uint8_t *base, uint64_t length);

/// The alignment of spans in bytes, at least granularity(); 0 if pages cannot replace existing memory.
uint64_t span_granularity();
/// Replaces the memory at `base` by pages of the file. A failure leaves memory there, perhaps zero-filled.
wmcore_status place_pages(uint8_t *base, const File &file, uint64_t offset, uint64_t length, PageKind kind);
/// Replaces the pages of place_pages() by zero-filled memory. Returns false if the pages are still mapped.
bool clear_pages(uint8_t *base, uint64_t length);
/// Tells whether no addresses are without pages, after one of these failed. The fault handler fills such a hole at the
/// next access, as long as a slot covers it.
bool has_all_pages(uint8_t *base, uint64_t length);

/// See wmcore_let_children_inherit_guests().
void let_children_inherit_guests();

/// Reserves addresses, aligned to span_granularity(). commit_memory() gives the memory the properties that
/// clear_pages() gives it, so that both become one area.
uint8_t *reserve_memory(uint64_t size);
bool commit_memory(uint8_t *start, uint64_t length);
/// Frees the addresses of reserve_memory() with all that lies there.
void release_memory(uint8_t *start, uint64_t size);
/// Both take a range that starts at a page.
wmcore_status flush_pages(uint8_t *base, uint64_t length, const File &file);
/// Begins what flush_pages() waits for; `offset` is that of `base` in the file. Does nothing where it would wait.
wmcore_status start_flush_pages(uint8_t *base, uint64_t length, const File &file, uint64_t offset);
/// Advice other than WMCORE_WILL_NEED and WMCORE_DONT_NEED splits areas unless the range is a whole region. `offset` is
/// that of the range in `file`, which is null where there is none any more.
wmcore_status advise_pages(uint8_t *base, uint64_t length, wmcore_advice advice, bool discards_changes,
                           const File *file = nullptr, uint64_t offset = 0);

/// Loads the pages of a range that starts at a page. Returns false if the system has no such call, or cannot load all:
/// an access to each page then loads it or faults.
bool populate_pages(uint8_t *base, uint64_t length);
/// Sets a byte of `resident` for each of `count` pages: its lowest bit tells whether the page is in memory.
wmcore_status find_resident_pages(uint8_t *base, size_t count, uint8_t *resident);
/// Loads pages and keeps them in memory. A failure leaves none locked.
wmcore_status lock_pages(uint8_t *base, uint64_t length);
wmcore_status unlock_pages(uint8_t *base, uint64_t length);

} // namespace wmcore
