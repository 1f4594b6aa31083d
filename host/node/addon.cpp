// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Node-API addon: it converts between JavaScript values and the core, and knows who has borrowed memory.
// Its caller, ts/node/native.ts, checks arguments; a wrong type is refused here as well, because it would be a wrong
// address. Nothing in here runs code of a user, but for the making of an error, after which nothing is touched.
#include "buffers.h"
#include "descriptor.h"
#include "guest_memory.h"

#include <memory>
#include <unordered_set>

namespace {

class Mapping;
using Mappings = std::unordered_set<const Mapping *>;

/// What one Node environment (the main thread, or a worker) needs.
struct Environment {
  Napi::FunctionReference make_error; ///< (code, system error number) => MmapError
  Lender lender;
  /// A thread that is not told of handlers that others install looks for them in calls that take their time anyway.
  bool guards_calls = false;
  /// The objects that are a mapping, for no other may be taken for one. They may be collected after this.
  std::shared_ptr<Mappings> mappings = std::make_shared<Mappings>();
};

/// A whole number that a u64 can hold, or any u64 as a BigInt.
uint64_t to_u64(const Napi::Value &value) {
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

wmcore_access to_access(const Napi::Value &value) { return to_enumeration<wmcore_access>(value, WMCORE_COPY + 1); }
wmcore_sharing to_sharing(const Napi::Value &value) {
  return to_enumeration<wmcore_sharing>(value, WMCORE_PRIVATE + 1);
}
wmcore_advice to_advice(const Napi::Value &value) { return to_enumeration<wmcore_advice>(value, WMCORE_DONT_NEED + 1); }

Napi::Value to_number(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

void require(Napi::Env env, wmcore_status status) {
  if (status == WMCORE_OK)
    return;
  const Napi::Value code = Napi::String::New(env, wmcore_status_name(status));
  const Napi::Value number = Napi::Number::New(env, wmcore_system_error());
  const Napi::Value error = env.GetInstanceData<Environment>()->make_error.Call({code, number});
  throw Napi::Error(env, error);
}

void guard(Napi::Env env) {
  if (env.GetInstanceData<Environment>()->guards_calls)
    wmcore_install_fault_handler();
}

/// The mapping resource of the contract with numbers for u64, plus what only shared memory can offer.
class Mapping : public Napi::ObjectWrap<Mapping> {
public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeMapping",
                       {InstanceMethod<&Mapping::length>("length"), InstanceMethod<&Mapping::access>("access"),
                        InstanceMethod<&Mapping::file_size>("fileSize"), InstanceMethod<&Mapping::read>("readInto"),
                        InstanceMethod<&Mapping::byte_at>("byteAt"), InstanceMethod<&Mapping::write>("write"),
                        InstanceMethod<&Mapping::move>("move"), InstanceMethod<&Mapping::find<wmcore_find>>("find"),
                        InstanceMethod<&Mapping::find<wmcore_rfind>>("rfind"), InstanceMethod<&Mapping::flush>("flush"),
                        InstanceMethod<&Mapping::resize>("resize"), InstanceMethod<&Mapping::advise>("adviseBy"),
                        InstanceMethod<&Mapping::check>("check"), InstanceMethod<&Mapping::clean>("clean"),
                        // For ts/node/native.ts to take away: nobody else may have this memory.
                        InstanceMethod<&Mapping::own_buffer>("ownBuffer", napi_configurable),
                        InstanceMethod<&Mapping::lend_buffer>("lendBuffer"), InstanceMethod<&Mapping::charge>("charge"),
                        InstanceMethod<&Mapping::close>("close")});
  }

  /// (fd, -1 or name, length, offset, access) or (fd or -1, length, offset, sharing, protection)
  explicit Mapping(const Napi::CallbackInfo &info)
      : ObjectWrap(info), mappings(info.Env().GetInstanceData<Environment>()->mappings) {
    open(info);
    mappings->insert(this);
  }

  ~Mapping() override {
    mappings->erase(this);
    wmcore_close(mapping);
  }

  /// The mapping of an object, which may be any.
  static wmcore_mapping *of(const Napi::Value &value) {
    const Napi::Env env = value.Env();
    const Mapping *object = value.IsObject() ? Unwrap(value.As<Napi::Object>()) : nullptr;
    if (env.GetInstanceData<Environment>()->mappings->count(object) == 0)
      throw Napi::TypeError::New(env, "not a mapping");
    return object->get(env);
  }

private:
  wmcore_mapping *get(Napi::Env env) const {
    if (!mapping)
      throw Napi::TypeError::New(env, "the mapping was closed");
    return mapping;
  }

  void open(const Napi::CallbackInfo &info) {
    const uint64_t length = to_u64(info[1]);
    if (info[0].IsString()) {
      const std::string name = info[0].As<Napi::String>();
      require(info.Env(), wmcore_open_named(name.c_str(), length, to_access(info[3]), &mapping));
      return;
    }
    const int descriptor = info[0].As<Napi::Number>().Int32Value();
    const wmcore_file file = descriptor < 0 ? WMCORE_NO_FILE : file_of_descriptor(descriptor);
    const uint64_t offset = to_u64(info[2]);
    require(info.Env(), info[4].IsUndefined()
                            ? wmcore_open(file, WMCORE_ALL_RIGHTS, length, to_access(info[3]), offset, &mapping)
                            : wmcore_open_posix(file, WMCORE_ALL_RIGHTS, length, to_sharing(info[3]),
                                                info[4].As<Napi::Number>().Uint32Value(), offset, &mapping));
  }

  Napi::Value length(const Napi::CallbackInfo &info) { return to_number(info.Env(), wmcore_length(get(info.Env()))); }

  Napi::Value access(const Napi::CallbackInfo &info) {
    static const char *const names[] = {"read", "write", "copy"};
    return Napi::String::New(info.Env(), names[wmcore_get_access(get(info.Env()))]);
  }

  Napi::Value file_size(const Napi::CallbackInfo &info) {
    uint64_t size = 0;
    require(info.Env(), wmcore_file_size(get(info.Env()), &size));
    return to_number(info.Env(), size);
  }

  void read(const Napi::CallbackInfo &info) {
    wmcore_mapping *source = get(info.Env());
    const uint64_t offset = to_u64(info[0]);
    auto target = info[1].As<Napi::Uint8Array>();
    const Pages pages(source);
    // wmcore_read() copies to other memory, and a view of the mapping may be the same.
    if (pages.contain(target.Data()))
      require(info.Env(), wmcore_move(source, pages.offset_of(target.Data()), offset, target.ByteLength()));
    else
      require(info.Env(), wmcore_read(source, offset, target.ByteLength(), target.Data()));
  }

  Napi::Value byte_at(const Napi::CallbackInfo &info) {
    uint8_t byte = 0;
    require(info.Env(), wmcore_read(get(info.Env()), to_u64(info[0]), 1, &byte));
    return Napi::Number::New(info.Env(), byte);
  }

  void write(const Napi::CallbackInfo &info) {
    wmcore_mapping *target = get(info.Env());
    const auto source = info[1].As<Napi::Uint8Array>();
    require(info.Env(), wmcore_write(target, to_u64(info[0]), source.ByteLength(), source.Data()));
  }

  void move(const Napi::CallbackInfo &info) {
    require(info.Env(), wmcore_move(get(info.Env()), to_u64(info[0]), to_u64(info[1]), to_u64(info[2])));
  }

  template <auto search> Napi::Value find(const Napi::CallbackInfo &info) {
    wmcore_mapping *in = get(info.Env());
    const auto needle = info[0].As<Napi::Uint8Array>();
    uint64_t position = WMCORE_NOT_FOUND;
    require(info.Env(), search(in, needle.Data(), needle.ByteLength(), to_u64(info[1]), to_u64(info[2]), &position));
    return position == WMCORE_NOT_FOUND ? info.Env().Undefined() : to_number(info.Env(), position);
  }

  void flush(const Napi::CallbackInfo &info) {
    guard(info.Env());
    require(info.Env(), wmcore_flush(get(info.Env()), to_u64(info[0]), to_u64(info[1])));
  }

  void resize(const Napi::CallbackInfo &info) {
    guard(info.Env());
    require(info.Env(), wmcore_resize(get(info.Env()), to_u64(info[0])));
  }

  void advise(const Napi::CallbackInfo &info) {
    guard(info.Env());
    require(info.Env(), wmcore_advise(get(info.Env()), to_u64(info[0]), to_u64(info[1]), to_advice(info[2])));
  }

  void check(const Napi::CallbackInfo &info) {
    require(info.Env(), wmcore_check(get(info.Env()), to_u64(info[0]), to_u64(info[1]), nullptr));
  }

  Napi::Value clean(const Napi::CallbackInfo &info) {
    bool clean = false;
    require(info.Env(), wmcore_check(get(info.Env()), 0, 0, &clean));
    return Napi::Boolean::New(info.Env(), clean);
  }

  /// The whole mapping, for the Mmap that owns this object and lets go of it before it closes or resizes: nobody is
  /// counted as a holder, so that the pages go at once. Undefined where the engine allows no such memory.
  Napi::Value own_buffer(const Napi::CallbackInfo &info) {
    guard(info.Env());
    const Pages pages(get(info.Env())); // The mapping goes on to hold them.
    return external_buffer(info.Env(), pages.bytes(), pages.length(), nullptr, nullptr);
  }

  /// (offset, length): bytes for anybody, in a buffer of their own. They are not detached when the mapping closes:
  /// Node's own code (zlib, for one) ends the process when memory that it works on becomes shorter.
  Napi::Value lend_buffer(const Napi::CallbackInfo &info) {
    guard(info.Env());
    wmcore_mapping *owner = get(info.Env());
    const uint64_t offset = to_u64(info[0]);
    const uint64_t length = to_u64(info[1]);
    const uint64_t size = wmcore_length(owner);
    if (offset > size || length > size - offset)
      require(info.Env(), WMCORE_OUT_OF_RANGE);
    wmcore_region *region = nullptr;
    require(info.Env(), wmcore_region_lend(owner, &region));
    Lender &lender = info.Env().GetInstanceData<Environment>()->lender;
    const Napi::Value buffer = lender.lend(info.Env(), region, offset, static_cast<size_t>(length));
    if (buffer.IsUndefined())
      require(info.Env(), WMCORE_UNSUPPORTED);
    return buffer;
  }

  /// (budget): once, right after it was opened
  void charge(const Napi::CallbackInfo &info) {
    require(info.Env(), wmcore_charge(mapping, info[0].As<Napi::External<wmcore_budget>>().Data()));
  }

  void close(const Napi::CallbackInfo & /*info*/) {
    wmcore_close(mapping);
    mapping = nullptr;
  }

  wmcore_mapping *mapping = nullptr;
  const std::shared_ptr<Mappings> mappings;
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
    wmcore_mapping *mapping = Mapping::of(info[0]);
    auto region = info[2].As<Napi::Uint8Array>();
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

  /// (the same region now): if the engine has moved the memory after all, the old addresses are no more the guest's.
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

/// (buffer, size) => whether nobody can use the addresses from the end of the buffer to `size` bytes from its start
Napi::Value guarded(const Napi::CallbackInfo &info) {
  auto buffer = info[0].As<Napi::ArrayBuffer>();
  const auto *bytes = static_cast<const uint8_t *>(buffer.Data());
  return Napi::Boolean::New(info.Env(), unusable(bytes + buffer.ByteLength(), bytes + to_u64(info[1])));
}

/// (bytes) => a budget for mappings
Napi::Value create_budget(const Napi::CallbackInfo &info) {
  wmcore_budget *budget = wmcore_budget_create(to_u64(info[0]));
  require(info.Env(), budget ? WMCORE_OK : WMCORE_NO_MEMORY);
  return Napi::External<wmcore_budget>::New(info.Env(), budget,
                                            [](Napi::Env, wmcore_budget *held) { wmcore_budget_release(held); });
}

/// (make_error, whether loans are watched, whether calls are guarded) => the addon's exports
Napi::Value initialize(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  auto *environment = env.GetInstanceData<Environment>();
  environment->make_error = Napi::Persistent(info[0].As<Napi::Function>());
  if (info[1].As<Napi::Boolean>().Value())
    environment->lender.watch();
  environment->guards_calls = info[2].As<Napi::Boolean>().Value();
  Napi::Object exports = Napi::Object::New(env);
  exports["Mapping"] = Mapping::define(env);
  exports["Span"] = Span::define(env);
  exports["spanGranularity"] = to_number(env, wmcore_span_granularity());
  exports["guard"] =
      Napi::Function::New(env, [](const Napi::CallbackInfo & /*call*/) { wmcore_install_fault_handler(); });
  exports["createBudget"] = Napi::Function::New(env, create_budget);
  exports["guarded"] = Napi::Function::New(env, guarded);
  // Static memory that the core only adds to, in a library that is never unloaded (-z nodelete).
  const Napi::Value count =
      external_buffer(env, const_cast<uint32_t *>(wmcore_fault_count()), sizeof(uint32_t), nullptr, nullptr);
  if (!count.IsUndefined())
    exports["faultCount"] = Napi::Uint32Array::New(env, 1, count.As<Napi::ArrayBuffer>(), 0);
  exports["liveRegions"] = Napi::Function::New(
      env, [](const Napi::CallbackInfo &call) { return to_number(call.Env(), wmcore_live_regions()); });
  exports["unnoticedFaults"] = Napi::Function::New(
      env, [](const Napi::CallbackInfo &call) { return to_number(call.Env(), wmcore_unnoticed_faults()); });
  return exports;
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Environment);
  exports["initialize"] = Napi::Function::New(env, initialize);
  return exports;
}

} // namespace

NODE_API_MODULE(wasi_mmap, load)
