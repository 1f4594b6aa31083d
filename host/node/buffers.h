// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mapped pages as JavaScript memory: who holds them, and for how long.
#pragma once

#define NAPI_VERSION 8
// A thread that is being terminated cannot throw any more. That must not end the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>

#include "wasi_mmap_core.h"

/// Holds the pages of a mapping during a call.
class Pages {
public:
  explicit Pages(wmcore_mapping *mapping) : region(wmcore_region_hold(mapping)) {}
  ~Pages() { wmcore_region_release(region); }
  Pages(const Pages &) = delete;
  Pages &operator=(const Pages &) = delete;

  uint8_t *bytes() const { return wmcore_region_bytes(region); }
  size_t length() const { return static_cast<size_t>(wmcore_region_length(region)); }
  bool contain(const uint8_t *address) const { return address >= bytes() && offset_of(address) < length(); }
  uint64_t offset_of(const uint8_t *address) const { return static_cast<uint64_t>(address - bytes()); }

private:
  wmcore_region *const region;
};

/// An ArrayBuffer over our memory. Undefined where the engine allows no such buffer (a V8 with a sandbox).
Napi::Value external_buffer(Napi::Env env, void *bytes, size_t length, napi_finalize finalize, void *hint);

/// Lends regions to JavaScript, for one environment.
///
/// The engine ends a loan when nothing holds its memory any more. But a buffer's memory can move into another buffer
/// (ArrayBuffer.prototype.transfer, a byte stream), and that one can move to another thread. At the end of an
/// environment, Node takes all its loans as ended, even if another thread holds the memory. So a worker, whose
/// environment ends before the process does, watches its loans: memory that has left its buffer is never released.
class Lender {
public:
  Lender() = default;
  Lender(const Lender &) = delete;
  Lender &operator=(const Lender &) = delete;

  void watch() { watches = true; }
  /// An ArrayBuffer over bytes of a region, which it then holds. If the result is undefined, the region is released.
  Napi::Value lend(Napi::Env env, wmcore_region *region, uint64_t offset, size_t length);

private:
  struct Loan;
  struct Last;
  static void end(napi_env env, void *bytes, void *data);
  static void end_of_last(napi_env env, void *bytes, void *data);
  void watch(Napi::Env env, Loan *loan, napi_value buffer);
  void forget_last(napi_env env);
  void look(napi_env env);

  bool watches = false;
  Loan *loans = nullptr; ///< The watched ones.
  Last *last = nullptr;
};
