// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The mapping resource of the contract as an object of JavaScript, with numbers for u64, and the operations that need
// shared memory.
#pragma once

#include "environment.h"
#include "operation.h"

class Mapping : public Napi::ObjectWrap<Mapping> {
public:
  static Napi::Function define(Napi::Env env);

  /// Makes a closed mapping: the factories open it.
  explicit Mapping(const Napi::CallbackInfo &info);
  ~Mapping() override;

  /// The mapping of an object. A TypeError for any other object.
  static wmcore_mapping *of(const Napi::Value &value);

private:
  /// The mapping of the core. Errors: a TypeError if it was closed, `busy` while it is resized on another thread.
  wmcore_mapping *get(Napi::Env env) const;
  /// The same, to be used on another thread.
  std::shared_ptr<Opened> share(Napi::Env env) const;

  template <typename Open> static Napi::Value make(const Napi::CallbackInfo &info, Open open);
  static Napi::Value open_access(const Napi::CallbackInfo &info);
  static Napi::Value open_posix(const Napi::CallbackInfo &info);
  static Napi::Value open_named(const Napi::CallbackInfo &info);

  Napi::Value length(const Napi::CallbackInfo &info);
  Napi::Value access(const Napi::CallbackInfo &info);
  Napi::Value file_size(const Napi::CallbackInfo &info);
  void read(const Napi::CallbackInfo &info);
  Napi::Value byte_at(const Napi::CallbackInfo &info);
  void write(const Napi::CallbackInfo &info);
  void move(const Napi::CallbackInfo &info);
  template <auto search> Napi::Value find(const Napi::CallbackInfo &info);
  template <auto operation> void flush(const Napi::CallbackInfo &info);
  void resize(const Napi::CallbackInfo &info);
  void advise(const Napi::CallbackInfo &info);
  void populate(const Napi::CallbackInfo &info);
  Napi::Value resident(const Napi::CallbackInfo &info);
  template <auto operation> void lock(const Napi::CallbackInfo &info);

  // On another thread.
  Napi::Value read_async(const Napi::CallbackInfo &info);
  template <bool forward> Napi::Value find_async(const Napi::CallbackInfo &info);
  Napi::Value flush_async(const Napi::CallbackInfo &info);
  Napi::Value populate_async(const Napi::CallbackInfo &info);
  Napi::Value resize_async(const Napi::CallbackInfo &info);

  void check(const Napi::CallbackInfo &info);
  Napi::Value clean(const Napi::CallbackInfo &info);
  Napi::Value own_buffer(const Napi::CallbackInfo &info);
  Napi::Value lend_buffer(const Napi::CallbackInfo &info);
  void charge(const Napi::CallbackInfo &info);
  void close(const Napi::CallbackInfo &info);

  std::shared_ptr<Opened> opened; ///< Null when it is closed.
  const std::shared_ptr<Mappings> mappings;
};
