// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Node-API addon: it converts between JavaScript values and the core, and knows who has borrowed memory.
// It trusts its caller, ts/node/native.ts, which has checked every argument; nothing else may load it.
#define NAPI_VERSION 8
// A thread that is being terminated can throw nothing any more; that must not end the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS
#include <napi.h>

#include "descriptor.h"
#include "guest_memory.h"
#include "wasi_mmap.h"

namespace {

/// What one Node environment (the main thread, or a worker) needs.
struct Environment {
  Napi::FunctionReference make_error; ///< (code, system error number) => MmapError
};

/// A safe integer, or any u64 as a BigInt.
uint64_t to_u64(const Napi::Value &value) {
  if (value.IsBigInt()) {
    bool lossless = true;
    return value.As<Napi::BigInt>().Uint64Value(&lossless);
  }
  return static_cast<uint64_t>(value.As<Napi::Number>().DoubleValue());
}

Napi::Value to_number(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

void require(Napi::Env env, wmmap_status status) {
  if (status == WMMAP_OK)
    return;
  const Napi::Value code = Napi::String::New(env, wmmap_status_name(status));
  const Napi::Value number = Napi::Number::New(env, wmmap_system_error());
  const Napi::Value error = env.GetInstanceData<Environment>()->make_error.Call({code, number});
  throw Napi::Error(env, error);
}

/// An ArrayBuffer over memory of ours, or undefined where the engine allows none (a V8 with a sandbox).
Napi::Value external_buffer(Napi::Env env, void *bytes, size_t length, napi_finalize finalize, void *hint) {
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, bytes, length, finalize, hint, &buffer);
  if (status == napi_no_external_buffers_allowed)
    return env.Undefined();
  NAPI_THROW_IF_FAILED(env, status, env.Undefined());
  return {env, buffer};
}

/// The mapping resource of the contract with numbers for u64, plus what only shared memory can offer.
class Mapping : public Napi::ObjectWrap<Mapping> {
public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeMapping",
                       {InstanceMethod<&Mapping::length>("length"), InstanceMethod<&Mapping::access>("access"),
                        InstanceMethod<&Mapping::file_size>("fileSize"), InstanceMethod<&Mapping::read>("readInto"),
                        InstanceMethod<&Mapping::write>("write"), InstanceMethod<&Mapping::move>("move"),
                        InstanceMethod<&Mapping::find<wmmap_find>>("find"),
                        InstanceMethod<&Mapping::find<wmmap_rfind>>("rfind"), InstanceMethod<&Mapping::flush>("flush"),
                        InstanceMethod<&Mapping::resize>("resize"), InstanceMethod<&Mapping::advise>("adviseBy"),
                        InstanceMethod<&Mapping::check>("check"), InstanceMethod<&Mapping::clean>("clean"),
                        InstanceMethod<&Mapping::own_buffer>("ownBuffer"),
                        InstanceMethod<&Mapping::lend_buffer>("lendBuffer"), InstanceMethod<&Mapping::close>("close")});
  }

  /// (fd, -1 or name, length, offset, access) or (fd or -1, length, offset, sharing, protection)
  explicit Mapping(const Napi::CallbackInfo &info) : ObjectWrap(info) {
    const uint64_t length = to_u64(info[1]);
    const uint32_t how = info[3].As<Napi::Number>().Uint32Value();
    if (info[0].IsString()) {
      const std::string name = info[0].As<Napi::String>();
      require(info.Env(), wmmap_open_named(name.c_str(), length, static_cast<wmmap_access>(how), &mapping));
      return;
    }
    const int descriptor = info[0].As<Napi::Number>().Int32Value();
    const wmmap_file file = descriptor < 0 ? WMMAP_NO_FILE : file_of_descriptor(descriptor);
    const uint64_t offset = to_u64(info[2]);
    const wmmap_status status = info[4].IsUndefined()
                                    ? wmmap_open(file, length, static_cast<wmmap_access>(how), offset, &mapping)
                                    : wmmap_open_posix(file, length, static_cast<wmmap_sharing>(how),
                                                       info[4].As<Napi::Number>().Uint32Value(), offset, &mapping);
    require(info.Env(), status);
  }

  ~Mapping() override { wmmap_close(mapping); }

  wmmap_mapping *get() const { return mapping; }

private:
  Napi::Value length(const Napi::CallbackInfo &info) { return to_number(info.Env(), wmmap_length(mapping)); }

  Napi::Value access(const Napi::CallbackInfo &info) {
    static const char *const names[] = {"read", "write", "copy"};
    return Napi::String::New(info.Env(), names[wmmap_get_access(mapping)]);
  }

  Napi::Value file_size(const Napi::CallbackInfo &info) {
    uint64_t size = 0;
    require(info.Env(), wmmap_file_size(mapping, &size));
    return to_number(info.Env(), size);
  }

  void read(const Napi::CallbackInfo &info) {
    auto target = info[1].As<Napi::Uint8Array>();
    require(info.Env(), wmmap_read(mapping, to_u64(info[0]), target.ByteLength(), target.Data()));
  }

  void write(const Napi::CallbackInfo &info) {
    const auto source = info[1].As<Napi::Uint8Array>();
    require(info.Env(), wmmap_write(mapping, to_u64(info[0]), source.ByteLength(), source.Data()));
  }

  void move(const Napi::CallbackInfo &info) {
    require(info.Env(), wmmap_move(mapping, to_u64(info[0]), to_u64(info[1]), to_u64(info[2])));
  }

  template <auto search> Napi::Value find(const Napi::CallbackInfo &info) {
    const auto needle = info[0].As<Napi::Uint8Array>();
    uint64_t position = WMMAP_NOT_FOUND;
    require(info.Env(),
            search(mapping, needle.Data(), needle.ByteLength(), to_u64(info[1]), to_u64(info[2]), &position));
    return position == WMMAP_NOT_FOUND ? info.Env().Undefined() : to_number(info.Env(), position);
  }

  void flush(const Napi::CallbackInfo &info) {
    require(info.Env(), wmmap_flush(mapping, to_u64(info[0]), to_u64(info[1])));
  }

  void resize(const Napi::CallbackInfo &info) { require(info.Env(), wmmap_resize(mapping, to_u64(info[0]))); }

  void advise(const Napi::CallbackInfo &info) {
    const auto advice = static_cast<wmmap_advice>(info[2].As<Napi::Number>().Uint32Value());
    require(info.Env(), wmmap_advise(mapping, to_u64(info[0]), to_u64(info[1]), advice));
  }

  void check(const Napi::CallbackInfo &info) {
    require(info.Env(), wmmap_check(mapping, to_u64(info[0]), to_u64(info[1]), nullptr));
  }

  Napi::Value clean(const Napi::CallbackInfo &info) {
    bool clean = false;
    require(info.Env(), wmmap_check(mapping, 0, 0, &clean));
    return Napi::Boolean::New(info.Env(), clean);
  }

  /// The whole mapping, for the Mmap that owns this object and lets go of it before it closes or resizes: nobody is
  /// counted as a holder, so that the pages go at once. Undefined where the engine allows no such memory.
  Napi::Value own_buffer(const Napi::CallbackInfo &info) {
    wmmap_region *region = wmmap_region_hold(mapping);
    wmmap_region_release(region); // The mapping goes on to hold it.
    return external_buffer(info.Env(), wmmap_region_bytes(region), static_cast<size_t>(wmmap_region_length(region)),
                           nullptr, nullptr);
  }

  /// (offset, length): bytes for anybody. They are not detached when the mapping closes: Node's own code (zlib, for
  /// one) ends the process when memory that it works on becomes shorter.
  Napi::Value lend_buffer(const Napi::CallbackInfo &info) {
    wmmap_region *region = nullptr;
    require(info.Env(), wmmap_region_lend(mapping, &region));
    // The pages stay mapped until the engine has let go of them, and so has everyone who works on them.
    const napi_finalize release = [](napi_env, void *, void *held) {
      wmmap_region_release(static_cast<wmmap_region *>(held));
    };
    const Napi::Value buffer = external_buffer(info.Env(), wmmap_region_bytes(region) + to_u64(info[0]),
                                               static_cast<size_t>(to_u64(info[1])), release, region);
    if (buffer.IsUndefined()) {
      wmmap_region_release(region);
      require(info.Env(), WMMAP_UNSUPPORTED);
    }
    return buffer;
  }

  void close(const Napi::CallbackInfo & /*info*/) {
    wmmap_close(mapping);
    mapping = nullptr;
  }

  wmmap_mapping *mapping = nullptr;
};

/// A span. Whoever makes one keeps the guest's memory alive until detach(): what is collected without that, as at the
/// end of an environment, touches no address, because the memory may be gone.
class Span : public Napi::ObjectWrap<Span> {
public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeSpan",
                       {InstanceMethod<&Span::flush>("flush"), InstanceMethod<&Span::advise>("adviseBy"),
                        InstanceMethod<&Span::faulted>("faulted"), InstanceMethod<&Span::detach>("detach")});
  }

  /// (mapping, offset, region of a guest's memory)
  explicit Span(const Napi::CallbackInfo &info) : ObjectWrap(info) {
    auto region = info[2].As<Napi::Uint8Array>();
    wmmap_mapping *mapping = Mapping::Unwrap(info[0].As<Napi::Object>())->get();
    require(info.Env(), wmmap_span_attach(mapping, to_u64(info[1]), region.Data(), region.ByteLength(), &span));
    address = region.Data();
  }

  ~Span() override {
    if (span)
      wmmap_span_abandon(span);
    wmmap_span_detach(span);
  }

private:
  void flush(const Napi::CallbackInfo &info) {
    require(info.Env(), wmmap_span_flush(span, to_u64(info[0]), to_u64(info[1])));
  }

  void advise(const Napi::CallbackInfo &info) {
    const auto advice = static_cast<wmmap_advice>(info[2].As<Napi::Number>().Uint32Value());
    require(info.Env(), wmmap_span_advise(span, to_u64(info[0]), to_u64(info[1]), advice));
  }

  Napi::Value faulted(const Napi::CallbackInfo &info) {
    return Napi::Boolean::New(info.Env(), wmmap_span_faulted(span));
  }

  /// (the same region now): if the engine has moved the memory after all, the old addresses are no more the guest's.
  void detach(const Napi::CallbackInfo &info) {
    if (info[0].As<Napi::Uint8Array>().Data() != address)
      wmmap_span_abandon(span);
    wmmap_span_detach(span);
    span = nullptr;
  }

  wmmap_span *span = nullptr;
  uint8_t *address = nullptr;
};

/// (buffer, size) => whether nobody can use the addresses from the end of the buffer to `size` bytes from its start
Napi::Value guarded(const Napi::CallbackInfo &info) {
  auto buffer = info[0].As<Napi::ArrayBuffer>();
  const auto *bytes = static_cast<const uint8_t *>(buffer.Data());
  return Napi::Boolean::New(info.Env(), unusable(bytes + buffer.ByteLength(), bytes + to_u64(info[1])));
}

/// (make_error) => the addon's exports
Napi::Value initialize(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  env.GetInstanceData<Environment>()->make_error = Napi::Persistent(info[0].As<Napi::Function>());
  Napi::Object exports = Napi::Object::New(env);
  exports["Mapping"] = Mapping::define(env);
  exports["Span"] = Span::define(env);
  exports["spanGranularity"] = to_number(env, wmmap_span_granularity());
  exports["guarded"] = Napi::Function::New(env, guarded);
  // Static memory that the core only adds to, in a library that is never unloaded (-z nodelete).
  const Napi::Value count =
      external_buffer(env, const_cast<uint32_t *>(wmmap_fault_count()), sizeof(uint32_t), nullptr, nullptr);
  if (!count.IsUndefined())
    exports["faultCount"] = Napi::Uint32Array::New(env, 1, count.As<Napi::ArrayBuffer>(), 0);
  exports["liveRegions"] = Napi::Function::New(
      env, [](const Napi::CallbackInfo &call) { return to_number(call.Env(), wmmap_live_regions()); });
  exports["unnoticedFaults"] = Napi::Function::New(
      env, [](const Napi::CallbackInfo &call) { return to_number(call.Env(), wmmap_unnoticed_faults()); });
  return exports;
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  exports["initialize"] = Napi::Function::New(env, initialize);
  return exports;
}

} // namespace

NODE_API_MODULE(wasi_mmap, load)
