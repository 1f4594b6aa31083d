// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Node-API addon: converts between JavaScript values and the core, and tracks who holds borrowed memory.
// Its caller, ts/node/native.ts, checks arguments. The addon refuses wrong types as well, because a wrong type would be
// a wrong address. It runs no code of a user, except to make an error; it touches nothing after that.
#include "buffers.h"
#include "descriptor.h"
#include "guest_memory.h"

#include <memory>
#include <unordered_set>

namespace {

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

/// A set of wmcore_rights.
uint32_t to_rights(const Napi::Value &value) { return to_enumeration<wmcore_rights>(value, WMCORE_ALL_RIGHTS + 1); }

Napi::Value to_number(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

void require(Napi::Env env, wmcore_status status) {
  if (status == WMCORE_OK)
    return;
  const Napi::Value code = Napi::String::New(env, wmcore_status_name(status));
  const Napi::Value number = Napi::Number::New(env, wmcore_system_error());
  const Napi::Value error = env.GetInstanceData<Environment>()->make_error.Call({code, number});
  throw Napi::Error(env, error);
}

/// Installs the fault handler again where nothing else does it.
void reinstall_handler(Napi::Env env) {
  if (env.GetInstanceData<Environment>()->reinstalls_handler)
    wmcore_install_fault_handler();
}

/// A file descriptor, or a negative number for memory without a file.
wmcore_file to_file(const Napi::Value &value) {
  const int descriptor = value.As<Napi::Number>().Int32Value();
  return descriptor < 0 ? WMCORE_NO_FILE : file_of_descriptor(descriptor);
}

/// The mapping resource of the contract, with numbers for u64, and the operations that need shared memory.
class Mapping : public Napi::ObjectWrap<Mapping> {
public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeMapping",
                       {StaticMethod<&Mapping::open_access>("openAccess"),
                        StaticMethod<&Mapping::open_posix>("openPosix"),
                        StaticMethod<&Mapping::open_named>("openNamed"), InstanceMethod<&Mapping::length>("length"),
                        InstanceMethod<&Mapping::access>("access"), InstanceMethod<&Mapping::file_size>("fileSize"),
                        InstanceMethod<&Mapping::read>("readInto"), InstanceMethod<&Mapping::byte_at>("byteAt"),
                        InstanceMethod<&Mapping::write>("write"), InstanceMethod<&Mapping::move>("move"),
                        InstanceMethod<&Mapping::find<wmcore_find>>("find"),
                        InstanceMethod<&Mapping::find<wmcore_rfind>>("rfind"), InstanceMethod<&Mapping::flush<wmcore_flush>>("flush"),
                        InstanceMethod<&Mapping::flush<wmcore_start_flush>>("startFlush"),
                        InstanceMethod<&Mapping::resize>("resize"), InstanceMethod<&Mapping::advise>("adviseBy"),
                        InstanceMethod<&Mapping::populate>("populate"), InstanceMethod<&Mapping::resident>("resident"),
                        InstanceMethod<&Mapping::lock<wmcore_mlock>>("mlock"),
                        InstanceMethod<&Mapping::lock<wmcore_munlock>>("munlock"),
                        InstanceMethod<&Mapping::check>("check"), InstanceMethod<&Mapping::clean>("clean"),
                        // ts/node/native.ts deletes it from the class: no other code may get this memory.
                        InstanceMethod<&Mapping::own_buffer>("ownBuffer", napi_configurable),
                        InstanceMethod<&Mapping::lend_buffer>("lendBuffer"), InstanceMethod<&Mapping::charge>("charge"),
                        InstanceMethod<&Mapping::close>("close")});
  }

  /// Makes a closed mapping: the factories open it.
  explicit Mapping(const Napi::CallbackInfo &info)
      : ObjectWrap(info), mappings(info.Env().GetInstanceData<Environment>()->mappings) {
    mappings->insert(this);
  }

  ~Mapping() override {
    mappings->erase(this);
    wmcore_close(mapping);
  }

  /// The mapping of an object. A TypeError for any other object.
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

  /// Makes an object of the class that a factory is called on, and opens its mapping.
  template <typename Open> static Napi::Value make(const Napi::CallbackInfo &info, Open open) {
    const Napi::Object object = info.This().As<Napi::Function>().New({});
    require(info.Env(), open(&Unwrap(object)->mapping));
    return object;
  }

  /// (fd or -1, rights, length, access, offset): `mmap` of the contract
  static Napi::Value open_access(const Napi::CallbackInfo &info) {
    const uint32_t rights = to_rights(info[1]);
    const uint64_t length = to_u64(info[2]);
    const wmcore_access access = to_access(info[3]);
    const uint64_t offset = to_u64(info[4]);
    return make(info, [&, file = to_file(info[0])](wmcore_mapping **result) {
      return wmcore_open(file, rights, length, access, offset, result);
    });
  }

  /// (fd or -1, rights, length, sharing, protection, offset): `mmap-posix` of the contract
  static Napi::Value open_posix(const Napi::CallbackInfo &info) {
    const uint32_t rights = to_rights(info[1]);
    const uint64_t length = to_u64(info[2]);
    const wmcore_sharing sharing = to_sharing(info[3]);
    const uint32_t protection = info[4].As<Napi::Number>().Uint32Value();
    const uint64_t offset = to_u64(info[5]);
    return make(info, [&, file = to_file(info[0])](wmcore_mapping **result) {
      return wmcore_open_posix(file, rights, length, sharing, protection, offset, result);
    });
  }

  /// (name, length, access): memory that Windows shares by name
  static Napi::Value open_named(const Napi::CallbackInfo &info) {
    const std::string name = info[0].As<Napi::String>();
    const uint64_t length = to_u64(info[1]);
    const wmcore_access access = to_access(info[2]);
    return make(info, [&](wmcore_mapping **result) { return wmcore_open_named(name.c_str(), length, access, result); });
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
    // wmcore_read() must not copy to memory that overlaps the mapping, as a view of it does.
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

  template <auto operation> void flush(const Napi::CallbackInfo &info) {
    reinstall_handler(info.Env());
    require(info.Env(), operation(get(info.Env()), to_u64(info[0]), to_u64(info[1])));
  }

  void resize(const Napi::CallbackInfo &info) {
    reinstall_handler(info.Env());
    require(info.Env(), wmcore_resize(get(info.Env()), to_u64(info[0])));
  }

  void advise(const Napi::CallbackInfo &info) {
    reinstall_handler(info.Env());
    require(info.Env(), wmcore_advise(get(info.Env()), to_u64(info[0]), to_u64(info[1]), to_advice(info[2])));
  }

  void populate(const Napi::CallbackInfo &info) {
    reinstall_handler(info.Env());
    require(info.Env(), wmcore_populate(get(info.Env()), to_u64(info[0]), to_u64(info[1])));
  }

  Napi::Value resident(const Napi::CallbackInfo &info) {
    uint64_t bytes = 0;
    require(info.Env(), wmcore_resident(get(info.Env()), to_u64(info[0]), to_u64(info[1]), &bytes));
    return to_number(info.Env(), bytes);
  }

  template <auto operation> void lock(const Napi::CallbackInfo &info) {
    reinstall_handler(info.Env());
    require(info.Env(), operation(get(info.Env())));
  }

  void check(const Napi::CallbackInfo &info) {
    require(info.Env(), wmcore_check(get(info.Env()), to_u64(info[0]), to_u64(info[1]), nullptr));
  }

  Napi::Value clean(const Napi::CallbackInfo &info) {
    bool clean = false;
    require(info.Env(), wmcore_check(get(info.Env()), 0, 0, &clean));
    return Napi::Boolean::New(info.Env(), clean);
  }

  /// The whole mapping, for the Mmap that owns this object and drops the buffer before it closes or resizes. The buffer
  /// does not count as a holder, so the pages go at once. Undefined where the engine allows no external memory.
  Napi::Value own_buffer(const Napi::CallbackInfo &info) {
    reinstall_handler(info.Env());
    const Pages pages(get(info.Env())); // The mapping still holds them after this.
    return external_buffer(info.Env(), pages.bytes(), pages.length(), nullptr, nullptr);
  }

  /// (offset, length): bytes that any code may keep, in a buffer of their own. Closing the mapping does not detach the
  /// buffer: Node's own code (such as zlib) ends the process when memory that it works on becomes shorter.
  Napi::Value lend_buffer(const Napi::CallbackInfo &info) {
    reinstall_handler(info.Env());
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

  /// (budget): at most once, right after the mapping was opened
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

/// (buffer, size) => whether all addresses from the end of the buffer to `size` bytes from its start are a guard region
Napi::Value has_guard_region(const Napi::CallbackInfo &info) {
  auto buffer = info[0].As<Napi::ArrayBuffer>();
  const auto *bytes = static_cast<const uint8_t *>(buffer.Data());
  return Napi::Boolean::New(info.Env(), is_guard_region(bytes + buffer.ByteLength(), bytes + to_u64(info[1])));
}

/// (buffer, offset, call) => what the call returns, while the page at this offset can be read; false if it cannot be
Napi::Value with_readable_page(const Napi::CallbackInfo &info) {
  auto buffer = info[0].As<Napi::ArrayBuffer>();
  uint8_t *page = static_cast<uint8_t *>(buffer.Data()) + to_u64(info[1]);
  if (!is_guard_region(page, page + 1) || !make_readable(page, true))
    return Napi::Boolean::New(info.Env(), false);
  try {
    const Napi::Value result = info[2].As<Napi::Function>().Call({});
    make_readable(page, false);
    return result;
  } catch (...) {
    make_readable(page, false);
    throw;
  }
}

/// (bytes) => a budget for mappings
Napi::Value create_budget(const Napi::CallbackInfo &info) {
  wmcore_budget *budget = wmcore_budget_create(to_u64(info[0]));
  require(info.Env(), budget ? WMCORE_OK : WMCORE_NO_MEMORY);
  return Napi::External<wmcore_budget>::New(info.Env(), budget,
                                            [](Napi::Env, wmcore_budget *held) { wmcore_budget_release(held); });
}

/// (make_error, whether loans are watched, whether slow calls reinstall the fault handler) => the addon's exports
Napi::Value initialize(const Napi::CallbackInfo &info) {
  const Napi::Env env = info.Env();
  auto *environment = env.GetInstanceData<Environment>();
  environment->make_error = Napi::Persistent(info[0].As<Napi::Function>());
  if (info[1].As<Napi::Boolean>().Value())
    environment->lender.watch();
  environment->reinstalls_handler = info[2].As<Napi::Boolean>().Value();
  Napi::Object exports = Napi::Object::New(env);
  exports["Mapping"] = Mapping::define(env);
  exports["Span"] = Span::define(env);
  exports["pageSize"] = to_number(env, wmcore_page_size());
  exports["granularity"] = to_number(env, wmcore_granularity());
  exports["spanGranularity"] = to_number(env, guest_span_granularity());
  exports["installFaultHandler"] =
      Napi::Function::New(env, [](const Napi::CallbackInfo & /*call*/) { wmcore_install_fault_handler(); });
  exports["createBudget"] = Napi::Function::New(env, create_budget);
  exports["hasGuardRegion"] = Napi::Function::New(env, has_guard_region);
  exports["withReadablePage"] = Napi::Function::New(env, with_readable_page);
  exports["hasAmpleAddresses"] = Napi::Function::New(
      env, [](const Napi::CallbackInfo &call) { return Napi::Boolean::New(call.Env(), has_ample_addresses()); });
  // Static memory of the core, in a library that is never unloaded (-z nodelete).
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
