// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the contract says of files and of what their mappings show: bytes, some of which it leaves open.
#pragma once

#include "wasi_mmap_core.h"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace fuzz {

constexpr uint64_t page = 4096;
constexpr uint64_t unit = 65536;
constexpr uint64_t most_file_bytes = 6 * unit;
constexpr uint64_t everything = UINT64_MAX;

constexpr uint64_t page_down(uint64_t value) { return value & ~(page - 1); }
constexpr uint64_t page_up(uint64_t value) { return page_down(value + page - 1); }

/// Bytes, of which some are anyone's guess.
struct Cells {
  explicit Cells(uint64_t size) : value(size, 0), known(size, 1) {}

  void put(uint64_t start, const uint8_t *bytes, uint64_t length);
  void copy(uint64_t start, const Cells &other, uint64_t from, uint64_t length);
  void zero(uint64_t start, uint64_t length);
  void forget(uint64_t start, uint64_t length);
  /// The first place where bytes are not what is known, or `everything`.
  uint64_t difference(uint64_t start, const uint8_t *bytes, uint64_t length) const;
  bool knows(uint64_t start, uint64_t length) const;

  std::vector<uint8_t> value;
  std::vector<uint8_t> known;
};

struct FileModel {
  uint64_t covered() const { return page_up(size); }
  /// The file was cut or extended. (What was stored past the old end of the file, in its last page, may show.)
  void set_size(uint64_t after);

  uint64_t size = 0;
  Cells cells{most_file_bytes}; ///< What its pages hold.
};

/// What a set of mapped pages shows. Places are those in the mapping, positions those in the file.
struct Pages {
  Pages(std::shared_ptr<FileModel> file, uint64_t offset, uint64_t length, bool read, bool write, bool shared);

  /// Whether the system has every page of the range.
  bool present(uint64_t start, uint64_t length) const;
  /// How many bytes from the first one on are there.
  uint64_t present_bytes() const;
  /// The range as far as it is known; it must be present, or memory.
  Cells load(uint64_t start, uint64_t length) const;
  void store(uint64_t start, const Cells &bytes);
  /// Something was stored in the range, or not.
  void forget(uint64_t start, uint64_t length);
  /// The file was cut: private pages go with those of the file, and an access may have found zeros.
  void cut();
  /// Zeros for good from this position on.
  void lose_from(uint64_t position);

  bool readable() const { return read || write; }

  const std::shared_ptr<FileModel> file; ///< Null: memory.
  const uint64_t offset;
  const uint64_t length;
  const bool read;
  const bool write;
  const bool shared;
  /// Where pages begin of which an access past the contract's functions may have made zeros.
  uint64_t doubtful;
  uint64_t lost = everything;    ///< Where lost pages of a span begin.
  std::map<uint64_t, Cells> own; ///< Private pages, by their position.

private:
  Cells &own_page(uint64_t position);
};

} // namespace fuzz
