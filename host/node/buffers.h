// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Mapped pages as memory of JavaScript: who has it, and for how long.
#pragma once

#define NAPI_VERSION 8
// A thread that is being terminated can throw nothing any more; that must not end the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>

#include "wasi_mmap_core.h"

/// The pages of a mapping, for the time of a call.
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

/// An ArrayBuffer over memory of ours, or undefined where the engine allows none (a V8 with a sandbox).
Napi::Value external_buffer(Napi::Env env, void *bytes, size_t length, napi_finalize finalize, void *hint);

/// Lends regions to JavaScript, for one environment.
///
/// The engine gives a loan back when nobody has its memory any more. But a buffer can be emptied into another one
/// (ArrayBuffer.prototype.transfer, a stream of bytes), which can go to another thread, and at the end of an
/// environment Node takes all loans for ended, whoever has the memory by then. So where an environment ends before the
/// process, in a worker, loans are watched: what has left its buffer by then is never released.
class Lender {
public:
  Lender() = default;
  Lender(const Lender &) = delete;
  Lender &operator=(const Lender &) = delete;

  void watch() { watches = true; }
  /// An ArrayBuffer over bytes of a region, whose holder it becomes. Undefined as above: then it is released at once.
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
  Loan *loans = nullptr; ///< Those that are watched.
  Last *last = nullptr;
};
