// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The state of one Node environment, and the values that cross it. ts/node/native.ts checks arguments; the addon
// refuses wrong types as well, because a wrong type would be a wrong address.
#pragma once

#include "buffers.h"
#include "descriptor.h"

#include <memory>
#include <unordered_set>

class Mapping;
using Mappings = std::unordered_set<const Mapping *>;

/// The state of one Node environment (the main thread, or a worker).
struct Environment {
  Napi::FunctionReference make_error; ///< (code, system error number) => MmapError
  Lender lender;
  /// Workers get no event when other code installs a handler, so they reinstall ours in calls that are slow anyway.
  bool reinstalls_handler = false;
  /// The objects that are mappings: no other object is accepted as one. They can be collected after the environment.
  std::shared_ptr<Mappings> mappings = std::make_shared<Mappings>();
};

/// A whole number that a u64 can hold, or any u64 as a BigInt.
inline uint64_t to_u64(const Napi::Value &value) {
  if (value.IsBigInt()) {
    bool lossless = true;
    return value.As<Napi::BigInt>().Uint64Value(&lossless);
  }
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 0 && number < 0x1p64))
    throw Napi::TypeError::New(value.Env(), "not a u64");
  return static_cast<uint64_t>(number);
}

/// One of the first `count` values of an enumeration of the core.
template <typename Enumeration> Enumeration to_enumeration(const Napi::Value &value, uint32_t count) {
  const uint32_t number = value.As<Napi::Number>().Uint32Value();
  if (number >= count)
    throw Napi::TypeError::New(value.Env(), "not in the enumeration");
  return static_cast<Enumeration>(number);
}

inline wmcore_advice to_advice(const Napi::Value &value) {
  return to_enumeration<wmcore_advice>(value, WMCORE_DONT_NEED + 1);
}

inline Napi::Value to_number(Napi::Env env, uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

/// The MmapError of a failure. This runs code of JavaScript: touch nothing of a caller afterwards.
inline Napi::Value to_error(Napi::Env env, wmcore_status status, int system_error) {
  const Napi::Value code = Napi::String::New(env, wmcore_status_name(status));
  const Napi::Value number = Napi::Number::New(env, system_error);
  return env.GetInstanceData<Environment>()->make_error.Call({code, number});
}

/// Throws the MmapError of a failure.
inline void require(Napi::Env env, wmcore_status status) {
  if (status != WMCORE_OK)
    throw Napi::Error(env, to_error(env, status, wmcore_system_error()));
}

/// Installs the fault handler again where nothing else does it.
inline void reinstall_handler(Napi::Env env) {
  if (env.GetInstanceData<Environment>()->reinstalls_handler)
    wmcore_install_fault_handler();
}
