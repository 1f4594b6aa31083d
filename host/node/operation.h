// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Operations on another thread, one of the pool that Node's own file operations use.
#pragma once

#include "environment.h"

#include <atomic>
#include <functional>

/// A mapping of the core, which closes when neither its object nor an operation needs it. Except for `mapping`, only
/// the thread of JavaScript uses it.
struct Opened {
  Opened() = default;
  ~Opened() { wmcore_close(mapping); }
  Opened(const Opened &) = delete;
  Opened &operator=(const Opened &) = delete;

  wmcore_mapping *mapping = nullptr;
  size_t running = 0;    ///< Operations on other threads.
  bool resizing = false; ///< One of them is a resize, which no other call may overlap.
};

/// Stops an operation at its next step.
using Stop = std::shared_ptr<std::atomic<bool>>;

/// () => what operations take as their last argument
Napi::Value create_stop(const Napi::CallbackInfo &info);
/// (stop): stops the operations that have it
void request_stop(const Napi::CallbackInfo &info);

/// Work on a mapping. Everything that it needs is its own, for the caller's memory may change or go meanwhile.
struct Work {
  /// One step, on another thread. It sets `done` after the last one.
  std::function<wmcore_status(wmcore_mapping *mapping, bool &done)> step;
  /// The result, on the thread of JavaScript.
  std::function<Napi::Value(Napi::Env env)> result = [](Napi::Env env) { return env.Undefined(); };
  bool resizes = false;
};

/// Starts work, and returns the promise of its result.
Napi::Value start(Napi::Env env, std::shared_ptr<Opened> opened, const Napi::Value &stop, Work work);
