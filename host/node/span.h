// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "mapping.h"

/// A span. The caller keeps the guest's memory alive until detach(). A span that is collected before that, as at the
/// end of an environment, touches no address, because the memory may be gone.
class Span : public Napi::ObjectWrap<Span> {
public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeSpan",
                       {InstanceMethod<&Span::flush>("flush"), InstanceMethod<&Span::advise>("adviseBy"),
                        InstanceMethod<&Span::faulted>("faulted"), InstanceMethod<&Span::is_at>("isAt"),
                        InstanceMethod<&Span::detach>("detach")});
  }

  /// (mapping, offset, region of a guest's memory)
  explicit Span(const Napi::CallbackInfo &info) : ObjectWrap(info) {
    wmcore_mapping *mapping = Mapping::of(info[0]);
    auto region = info[2].As<Napi::Uint8Array>();
    // The address in the guest's memory. NOLINTNEXTLINE(performance-no-int-to-ptr): the core reads nothing there.
    const void *place = reinterpret_cast<const void *>(region.ByteOffset());
    require(info.Env(), wmcore_may_attach(mapping, to_u64(info[1]), place, region.ByteLength()));
    require(info.Env(), wmcore_span_attach(mapping, to_u64(info[1]), region.Data(), region.ByteLength(), &span));
    address = region.Data();
  }

  ~Span() override {
    if (span)
      wmcore_span_abandon(span);
    wmcore_span_detach(span);
  }

private:
  wmcore_span *get(Napi::Env env) const {
    if (!span)
      throw Napi::TypeError::New(env, "the span was detached");
    return span;
  }

  void flush(const Napi::CallbackInfo &info) {
    require(info.Env(), wmcore_span_flush(get(info.Env()), to_u64(info[0]), to_u64(info[1])));
  }

  void advise(const Napi::CallbackInfo &info) {
    require(info.Env(), wmcore_span_advise(get(info.Env()), to_u64(info[0]), to_u64(info[1]), to_advice(info[2])));
  }

  Napi::Value faulted(const Napi::CallbackInfo &info) {
    return Napi::Boolean::New(info.Env(), wmcore_span_faulted(get(info.Env())));
  }

  /// (the region now) => whether the engine has not moved it
  Napi::Value is_at(const Napi::CallbackInfo &info) {
    return Napi::Boolean::New(info.Env(), info[0].As<Napi::Uint8Array>().Data() == address);
  }

  /// (the region now): if the engine has moved the memory nevertheless, the old addresses no longer belong to the
  /// guest.
  void detach(const Napi::CallbackInfo &info) {
    get(info.Env());
    if (info[0].As<Napi::Uint8Array>().Data() != address)
      wmcore_span_abandon(span);
    wmcore_span_detach(span);
    span = nullptr;
  }

  wmcore_span *span = nullptr;
  uint8_t *address = nullptr;
};
