// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "errors.h"
#include "native.h"
#include "spare_areas.h"

#include <atomic>
#include <cerrno>
#include <sys/mman.h>
#include <unistd.h>

namespace wmcore {

namespace {

int protection(PageKind kind) {
  return (kind.read ? PROT_READ : PROT_NONE) | (kind.write ? PROT_READ | PROT_WRITE : PROT_NONE) |
         (kind.execute ? PROT_EXEC : PROT_NONE);
}

// Private pages reserve no swap: a COPY of a file larger than memory works as long as few pages change.
int flags(PageKind kind) { return kind.shared ? MAP_SHARED : MAP_PRIVATE | MAP_NORESERVE; }

/// The page size of WebAssembly, which is also the largest page size of the supported systems.
constexpr uint64_t wasm_page = 65536;

/// See wmcore_let_children_inherit_guests().
std::atomic<bool> children_inherit_guests{false};

/// The protection and flags of guest memory in V8 and in wasmtime, so that memory in place of a span merges into one
/// area with its neighbours.
constexpr int memory_flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

/// Checks that the descriptor still belongs to the file.
wmcore_status check(const File &file) {
  uint64_t size = 0;
  return file.size(size);
}

} // namespace

uint64_t granularity() { return page_size(); }

bool posix_pages() { return true; }

uint64_t page_size() {
  static const auto size = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

wmcore_status map_pages(const File *file, uint64_t offset, uint64_t length, PageKind kind, uint8_t *&base) {
  if (file)
    if (const wmcore_status status = check(*file))
      return status;
  const int fd = file ? static_cast<int>(file->handle) : -1;
  void *address =
      ::mmap(nullptr, length, protection(kind), file ? flags(kind) : MAP_PRIVATE | MAP_NORESERVE | MAP_ANONYMOUS, fd,
             static_cast<off_t>(offset));
  if (address == MAP_FAILED)
    return fail(errno);
  base = static_cast<uint8_t *>(address);
  return WMCORE_OK;
}

bool restore_pages(uint8_t *base, const File &file, uint64_t offset, uint64_t length, PageKind kind) {
  return ::mmap(base, length, protection(kind), flags(kind) | MAP_FIXED, static_cast<int>(file.handle),
                static_cast<off_t>(offset)) != MAP_FAILED;
}

bool unmap_pages(uint8_t *base, uint64_t length) {
  // It can fail where it splits an area that the kernel has merged: then one spare area is enough.
  return ::munmap(base, length) == 0 || (give_up_spare_area() && ::munmap(base, length) == 0);
}

uint64_t span_granularity() { return wasm_page; }

wmcore_status place_pages(uint8_t *base, const File &file, uint64_t offset, uint64_t length, PageKind kind) {
  if (file.page > page_size())
    return fail(ENODEV); // The pages are larger than the alignment of guest memory.
  if (const wmcore_status status = check(file))
    return status;
  // The areas before and after a span merge again after the span if they share one anonymous base, which exists only
  // after a write fault. So this writes before it divides the area. Safe: the memory is writable, and its guest waits.
  auto *first = const_cast<volatile uint8_t *>(base);
  *first = *first;
  if (::mmap(base, length, protection(kind), flags(kind) | MAP_FIXED, static_cast<int>(file.handle),
             static_cast<off_t>(offset)) != MAP_FAILED) {
    keep_from_children(base, length);
    return WMCORE_OK;
  }
  const int error = errno;
  // A file system may fail after the memory was unmapped: then memory must fill the gap.
  if (::msync(base, length, MS_ASYNC) != 0 && errno == ENOMEM)
    clear_pages(base, length);
  return fail(error);
}

bool clear_pages(uint8_t *base, uint64_t length) {
  const auto clear = [&] {
    return ::mmap(base, length, PROT_READ | PROT_WRITE, memory_flags | MAP_FIXED, -1, 0) != MAP_FAILED;
  };
  if (!clear() && !(give_up_spare_area() && clear()))
    return false;
  if (!children_inherit_guests)
    keep_from_children(base, length);
  return true;
}

uint8_t *reserve_memory(uint64_t size) {
  // The system aligns to its own pages: unmap the excess on either side.
  void *address =
      size <= SIZE_MAX - wasm_page ? ::mmap(nullptr, size + wasm_page, PROT_NONE, memory_flags, -1, 0) : MAP_FAILED;
  if (address == MAP_FAILED)
    return nullptr;
  auto *start = static_cast<uint8_t *>(address);
  const uint64_t before = (wasm_page - reinterpret_cast<uintptr_t>(start) % wasm_page) % wasm_page;
  if (before > 0)
    ::munmap(start, before);
  start += before;
  ::munmap(start + size, wasm_page - before);
  keep_from_children(start, size);
  return start;
}

void let_children_inherit_guests() { children_inherit_guests = true; }

bool commit_memory(uint8_t *start, uint64_t length) {
  return length == 0 || ::mprotect(start, length, PROT_READ | PROT_WRITE) == 0;
}

// A failed place_pages() or clear_pages() leaves no hole here: the pages stay.
bool has_all_pages(uint8_t * /*base*/, uint64_t /*length*/) { return true; }

void release_memory(uint8_t *start, uint64_t size) { unmap_pages(start, size); }

wmcore_status flush_pages(uint8_t *base, uint64_t length, const File &file) {
  if (::msync(base, length, MS_SYNC) != 0)
    return fail(errno);
  const int error = flush_device(static_cast<int>(file.handle));
  return error == 0 ? WMCORE_OK : fail(error);
}

wmcore_status advise_pages(uint8_t *base, uint64_t length, wmcore_advice advice, bool discards_changes,
                           const File *file, uint64_t offset) {
  int value = MADV_NORMAL;
  switch (advice) {
  case WMCORE_NORMAL:
    break;
  case WMCORE_RANDOM:
    value = MADV_RANDOM;
    break;
  case WMCORE_SEQUENTIAL:
    value = MADV_SEQUENTIAL;
    break;
  case WMCORE_WILL_NEED: {
    const int error = read_ahead(base, length, file, offset);
    return error == 0 ? WMCORE_OK : fail(error);
  }
  case WMCORE_DONT_NEED:
    // Linux discards stores into private pages; the contract keeps them.
    if (discards_changes)
      return WMCORE_OK;
    value = MADV_DONTNEED;
    break;
  }
  return ::madvise(base, length, value) == 0 ? WMCORE_OK : fail(errno);
}

} // namespace wmcore
