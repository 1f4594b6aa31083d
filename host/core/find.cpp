// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Search through a mapping, in steps that a host can stop between. A search skips the holes of a sparse file: a file of
// terabytes may have no other content. Holes are zeros, so only a needle of zeros can lie inside one.
#include "mapping.h"

#include <algorithm>

using wmcore::Holes;

namespace {

enum class Direction { forward, backward };

/// Bytes that a step inspects, unless the needle requires more.
constexpr uint64_t step_length = uint64_t{1} << 26;
/// A backward search ignores holes in parts below this size.
constexpr uint64_t least_part = uint64_t{1} << 16;
/// How often a step may ask the system for the next data or hole.
constexpr int most_questions = 4096;

/// Bytes `start..end` of a mapping.
struct Range {
  uint64_t start;
  uint64_t end;
};

/// The rest of a search, and one step of it.
class Search {
public:
  Search(wmcore_mapping &mapping, const uint8_t *needle, size_t needle_length, uint64_t start, uint64_t end)
      : region(*mapping.region), bytes(region.bytes()), file_offset(mapping.offset), needle(needle),
        overlap(needle_length - 1), most(std::max(step_length, 4 * static_cast<uint64_t>(needle_length))),
        rest{start, end} {
    if (rest.end - rest.start > most && mapping.shows_its_file() && region.clean() && !is_zeros())
      holes.open(*mapping.file);
  }

  /// Inspects some bytes. `position` receives the match.
  wmcore_status step(Direction direction, uint64_t &position) {
    Range data = rest;
    if (!holes.known()) {
      (direction == Direction::forward ? data.end : data.start) =
          direction == Direction::forward ? std::min(rest.end, rest.start + most)
                                          : std::max(rest.start, rest.end - std::min(most, rest.end));
      return look(direction, data, position);
    }
    uint64_t looked_at = 0;
    for (int question = 0; !done() && looked_at < most && question < most_questions; question++) {
      if (!(direction == Direction::forward ? first_data(data) : last_data(data))) {
        if (lost)
          return lost;
        continue;
      }
      looked_at += data.end - data.start;
      if (const wmcore_status status = look(direction, data, position))
        return status;
      if (position != WMCORE_NOT_FOUND)
        break;
    }
    return WMCORE_OK;
  }

  bool done() const { return rest.end - rest.start <= overlap; }
  Range left() const { return rest; }

private:
  bool is_zeros() const {
    return std::all_of(needle, needle + overlap + 1, [](uint8_t byte) { return byte == 0; });
  }

  /// Searches all positions that touch a range of data, and moves past it.
  wmcore_status look(Direction direction, Range data, uint64_t &position) {
    const bool forward = direction == Direction::forward;
    const uint64_t start = data.start - std::min<uint64_t>(overlap, data.start - rest.start);
    const uint64_t end = data.end + std::min<uint64_t>(overlap, rest.end - data.end);
    uint32_t restorations = 0;
    do {
      restorations = region.restorations();
      const uint8_t *found =
          (forward ? wmcore_search : wmcore_search_reverse)(bytes + start, end - start, needle, overlap + 1);
      position = found ? static_cast<uint64_t>(found - bytes) : WMCORE_NOT_FOUND;
      const uint64_t seen_start = found && !forward ? position : start;
      const uint64_t seen_end = found && forward ? position + overlap + 1 : end;
      if (const wmcore_status fault = region.check(seen_start, seen_end - seen_start))
        return fault;
    } while (region.restorations() != restorations);
    if (forward)
      rest.start = data.end;
    else
      rest.end = data.start;
    return WMCORE_OK;
  }

  /// Finds the first range of data. Returns false if the rest is a hole.
  bool first_data(Range &data) {
    data.start = next_data(rest.start);
    if (data.start >= rest.end) {
      touch(rest.end - 1);
      rest.start = rest.end;
      return false;
    }
    data.end = std::min({next_hole(data.start), data.start + most, rest.end});
    return true;
  }

  /// Finds the last range of data. No system finds data backward, so this asks about parts of the file: larger parts
  /// while there are only holes, smaller parts after it has met data. Returns false for a hole.
  bool last_data(Range &data) {
    data.end = rest.end - std::min(passed, rest.end - rest.start);
    data.start = std::max(rest.start, data.end - std::min(part, data.end));
    const uint64_t first = next_data(data.start);
    if (first >= data.end) {
      touch(data.end - 1);
      part *= 2;
      // A match may still start before the hole and end in it.
      rest.end = std::min(rest.end, data.start + overlap);
      passed = std::min<uint64_t>(overlap, rest.end - data.start);
      return false;
    }
    if (next_hole(data.start) < data.end && part > std::max<uint64_t>(least_part, overlap)) {
      part = std::min(part / 2, data.end - data.start);
      return false;
    }
    part = std::min(part * 2, most);
    data.start = first;
    passed = 0;
    return true;
  }

  uint64_t next_data(uint64_t from) const { return in_mapping(holes.next_data(file_offset + from)); }
  uint64_t next_hole(uint64_t from) const { return in_mapping(holes.next_hole(file_offset + from)); }
  uint64_t in_mapping(uint64_t in_file) const { return in_file == Holes::none ? Holes::none : in_file - file_offset; }

  /// Pages past the end of the file are lost, not a hole: an access reveals it.
  void touch(uint64_t at) {
    static_cast<void>(*const_cast<const volatile uint8_t *>(bytes + at));
    lost = region.check(at, 1);
  }

  const wmcore_region &region;
  const uint8_t *const bytes;
  const uint64_t file_offset;
  const uint8_t *const needle;
  const size_t overlap; ///< The length of the needle minus 1.
  const uint64_t most;
  Range rest; ///< The range that may still hold a match.
  Holes holes;
  uint64_t part = step_length;    ///< The size of the next part that last_data() asks about.
  uint64_t passed = 0;            ///< Bytes at the end of `rest` that are a known hole.
  wmcore_status lost = WMCORE_OK; ///< The result of touch().
};

wmcore_status step(wmcore_mapping *mapping, Direction direction, const void *needle, size_t needle_length,
                   uint64_t *start, uint64_t *end, uint64_t *position, bool *done) {
  *position = WMCORE_NOT_FOUND;
  *done = true;
  if (!mapping->kind.read)
    return WMCORE_ACCESS_DENIED;
  *end = std::min(*end, mapping->length());
  if (*start > *end || needle_length > *end - *start)
    return WMCORE_OK;
  // A lost page counts only when the search reaches it, so the check follows the search; this restores pages first.
  const wmcore_status status = mapping->region->prepare(*start, *end - *start);
  if (mapping->region->gone())
    return status;
  if (needle_length == 0) {
    *position = direction == Direction::forward ? *start : *end;
    return WMCORE_OK;
  }
  Search search(*mapping, static_cast<const uint8_t *>(needle), needle_length, *start, *end);
  if (const wmcore_status fault = search.step(direction, *position))
    return fault;
  *start = search.left().start;
  *end = search.left().end;
  *done = *position != WMCORE_NOT_FOUND || search.done();
  return WMCORE_OK;
}

wmcore_status find(wmcore_mapping *mapping, Direction direction, const void *needle, size_t needle_length,
                   uint64_t start, uint64_t end, uint64_t *position) {
  bool done = false;
  wmcore_status status = WMCORE_OK;
  while (!status && !done)
    status = step(mapping, direction, needle, needle_length, &start, &end, position, &done);
  return status;
}

} // namespace

extern "C" {

wmcore_status wmcore_find(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t start,
                          uint64_t end, uint64_t *position) {
  return find(mapping, Direction::forward, needle, needle_length, start, end, position);
}

wmcore_status wmcore_rfind(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t start,
                           uint64_t end, uint64_t *position) {
  return find(mapping, Direction::backward, needle, needle_length, start, end, position);
}

wmcore_status wmcore_find_step(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t *start,
                               uint64_t end, uint64_t *position, bool *done) {
  return step(mapping, Direction::forward, needle, needle_length, start, &end, position, done);
}

wmcore_status wmcore_rfind_step(wmcore_mapping *mapping, const void *needle, size_t needle_length, uint64_t start,
                                uint64_t *end, uint64_t *position, bool *done) {
  return step(mapping, Direction::backward, needle, needle_length, &start, end, position, done);
}

} // extern "C"
