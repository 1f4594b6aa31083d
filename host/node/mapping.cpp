// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "mapping.h"

#include <algorithm>
#include <string>
#include <vector>

namespace {

wmcore_access to_access(const Napi::Value &value) { return to_enumeration<wmcore_access>(value, WMCORE_COPY + 1); }
wmcore_sharing to_sharing(const Napi::Value &value) {
  return to_enumeration<wmcore_sharing>(value, WMCORE_PRIVATE + 1);
}
/// A set of wmcore_rights.
uint32_t to_rights(const Napi::Value &value) { return to_enumeration<wmcore_rights>(value, WMCORE_ALL_RIGHTS + 1); }

/// A file descriptor, or a negative number for memory without a file.
wmcore_file to_file(const Napi::Value &value) {
  const int descriptor = value.As<Napi::Number>().Int32Value();
  return descriptor < 0 ? WMCORE_NO_FILE : file_of_descriptor(descriptor);
}

/// Bytes that an operation on another thread copies at a time.
constexpr uint64_t piece = uint64_t{1} << 24;

} // namespace

Napi::Function Mapping::define(Napi::Env env) {
  return DefineClass(
      env, "NativeMapping",
      {StaticMethod<&Mapping::open_access>("openAccess"), StaticMethod<&Mapping::open_posix>("openPosix"),
       StaticMethod<&Mapping::open_named>("openNamed"), InstanceMethod<&Mapping::length>("length"),
       InstanceMethod<&Mapping::access>("access"), InstanceMethod<&Mapping::file_size>("fileSize"),
       InstanceMethod<&Mapping::read>("readInto"), InstanceMethod<&Mapping::byte_at>("byteAt"),
       InstanceMethod<&Mapping::write>("write"), InstanceMethod<&Mapping::move>("move"),
       InstanceMethod<&Mapping::find<wmcore_find>>("find"), InstanceMethod<&Mapping::find<wmcore_rfind>>("rfind"),
       InstanceMethod<&Mapping::flush<wmcore_flush>>("flush"),
       InstanceMethod<&Mapping::flush<wmcore_start_flush>>("startFlush"), InstanceMethod<&Mapping::resize>("resize"),
       InstanceMethod<&Mapping::advise>("adviseBy"), InstanceMethod<&Mapping::populate>("populate"),
       InstanceMethod<&Mapping::resident>("resident"), InstanceMethod<&Mapping::lock<wmcore_mlock>>("mlock"),
       InstanceMethod<&Mapping::lock<wmcore_munlock>>("munlock"), InstanceMethod<&Mapping::read_async>("readAsync"),
       InstanceMethod<&Mapping::find_async<true>>("findAsync"),
       InstanceMethod<&Mapping::find_async<false>>("rfindAsync"), InstanceMethod<&Mapping::flush_async>("flushAsync"),
       InstanceMethod<&Mapping::populate_async>("populateAsync"), InstanceMethod<&Mapping::resize_async>("resizeAsync"),
       InstanceMethod<&Mapping::check>("check"), InstanceMethod<&Mapping::clean>("clean"),
       // ts/node/native.ts deletes it from the class: no other code may get this memory.
       InstanceMethod<&Mapping::own_buffer>("ownBuffer", napi_configurable),
       InstanceMethod<&Mapping::lend_buffer>("lendBuffer"), InstanceMethod<&Mapping::charge>("charge"),
       InstanceMethod<&Mapping::close>("close")});
}

Mapping::Mapping(const Napi::CallbackInfo &info)
    : ObjectWrap(info), mappings(info.Env().GetInstanceData<Environment>()->mappings) {
  mappings->insert(this);
}

Mapping::~Mapping() { mappings->erase(this); }

wmcore_mapping *Mapping::of(const Napi::Value &value) {
  const Napi::Env env = value.Env();
  const Mapping *object = value.IsObject() ? Unwrap(value.As<Napi::Object>()) : nullptr;
  if (env.GetInstanceData<Environment>()->mappings->count(object) == 0)
    throw Napi::TypeError::New(env, "not a mapping");
  return object->get(env);
}

wmcore_mapping *Mapping::get(Napi::Env env) const {
  if (!opened)
    throw Napi::TypeError::New(env, "the mapping was closed");
  if (opened->resizing)
    require(env, WMCORE_BUSY);
  return opened->mapping;
}

std::shared_ptr<Opened> Mapping::share(Napi::Env env) const {
  get(env);
  return opened;
}

/// Makes an object of the class that a factory is called on, and opens its mapping.
template <typename Open> Napi::Value Mapping::make(const Napi::CallbackInfo &info, Open open) {
  const Napi::Object object = info.This().As<Napi::Function>().New({});
  auto opened = std::make_shared<Opened>();
  require(info.Env(), open(&opened->mapping));
  Unwrap(object)->opened = std::move(opened);
  return object;
}

/// (fd or -1, rights, length, access, offset): `mmap` of the contract
Napi::Value Mapping::open_access(const Napi::CallbackInfo &info) {
  const uint32_t rights = to_rights(info[1]);
  const uint64_t length = to_u64(info[2]);
  const wmcore_access access = to_access(info[3]);
  const uint64_t offset = to_u64(info[4]);
  return make(info, [&, file = to_file(info[0])](wmcore_mapping **result) {
    return wmcore_open(file, rights, length, access, offset, result);
  });
}

/// (fd or -1, rights, length, sharing, protection, offset): `mmap-posix` of the contract
Napi::Value Mapping::open_posix(const Napi::CallbackInfo &info) {
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
Napi::Value Mapping::open_named(const Napi::CallbackInfo &info) {
  const std::string name = info[0].As<Napi::String>();
  const uint64_t length = to_u64(info[1]);
  const wmcore_access access = to_access(info[2]);
  return make(info, [&](wmcore_mapping **result) { return wmcore_open_named(name.c_str(), length, access, result); });
}

Napi::Value Mapping::length(const Napi::CallbackInfo &info) {
  return to_number(info.Env(), wmcore_length(get(info.Env())));
}

Napi::Value Mapping::access(const Napi::CallbackInfo &info) {
  static const char *const names[] = {"read", "write", "copy"};
  return Napi::String::New(info.Env(), names[wmcore_get_access(get(info.Env()))]);
}

Napi::Value Mapping::file_size(const Napi::CallbackInfo &info) {
  uint64_t size = 0;
  require(info.Env(), wmcore_file_size(get(info.Env()), &size));
  return to_number(info.Env(), size);
}

void Mapping::read(const Napi::CallbackInfo &info) {
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

Napi::Value Mapping::byte_at(const Napi::CallbackInfo &info) {
  uint8_t byte = 0;
  require(info.Env(), wmcore_read(get(info.Env()), to_u64(info[0]), 1, &byte));
  return Napi::Number::New(info.Env(), byte);
}

void Mapping::write(const Napi::CallbackInfo &info) {
  wmcore_mapping *target = get(info.Env());
  const auto source = info[1].As<Napi::Uint8Array>();
  require(info.Env(), wmcore_write(target, to_u64(info[0]), source.ByteLength(), source.Data()));
}

void Mapping::move(const Napi::CallbackInfo &info) {
  require(info.Env(), wmcore_move(get(info.Env()), to_u64(info[0]), to_u64(info[1]), to_u64(info[2])));
}

template <auto search> Napi::Value Mapping::find(const Napi::CallbackInfo &info) {
  wmcore_mapping *in = get(info.Env());
  const auto needle = info[0].As<Napi::Uint8Array>();
  uint64_t position = WMCORE_NOT_FOUND;
  require(info.Env(), search(in, needle.Data(), needle.ByteLength(), to_u64(info[1]), to_u64(info[2]), &position));
  return position == WMCORE_NOT_FOUND ? info.Env().Undefined() : to_number(info.Env(), position);
}

template <auto operation> void Mapping::flush(const Napi::CallbackInfo &info) {
  reinstall_handler(info.Env());
  require(info.Env(), operation(get(info.Env()), to_u64(info[0]), to_u64(info[1])));
}

void Mapping::resize(const Napi::CallbackInfo &info) {
  reinstall_handler(info.Env());
  wmcore_mapping *mapping = get(info.Env());
  require(info.Env(), opened->running > 0 ? WMCORE_BUSY : wmcore_resize(mapping, to_u64(info[0])));
}

void Mapping::advise(const Napi::CallbackInfo &info) {
  reinstall_handler(info.Env());
  require(info.Env(), wmcore_advise(get(info.Env()), to_u64(info[0]), to_u64(info[1]), to_advice(info[2])));
}

void Mapping::populate(const Napi::CallbackInfo &info) {
  reinstall_handler(info.Env());
  require(info.Env(), wmcore_populate(get(info.Env()), to_u64(info[0]), to_u64(info[1])));
}

Napi::Value Mapping::resident(const Napi::CallbackInfo &info) {
  uint64_t bytes = 0;
  require(info.Env(), wmcore_resident(get(info.Env()), to_u64(info[0]), to_u64(info[1]), &bytes));
  return to_number(info.Env(), bytes);
}

template <auto operation> void Mapping::lock(const Napi::CallbackInfo &info) {
  reinstall_handler(info.Env());
  require(info.Env(), operation(get(info.Env())));
}

/// (offset, a new array that no other code has, stop)
Napi::Value Mapping::read_async(const Napi::CallbackInfo &info) {
  const std::shared_ptr<Opened> source = share(info.Env());
  auto array = info[1].As<Napi::Uint8Array>();
  uint8_t *target = array.Data();
  const uint64_t offset = to_u64(info[0]);
  const uint64_t length = array.ByteLength();
  auto kept = std::make_shared<Napi::Reference<Napi::Uint8Array>>(Napi::Persistent(array));
  Work work;
  work.step = [=, at = uint64_t{0}](wmcore_mapping *mapping, bool &done) mutable {
    const uint64_t count = std::min(piece, length - at);
    const wmcore_status status = wmcore_read(mapping, offset + at, count, target + at);
    at += count;
    done = at == length;
    return status;
  };
  work.result = [kept](Napi::Env) { return kept->Value(); };
  return start(info.Env(), source, info[2], std::move(work));
}

/// (needle, start, end, stop)
template <bool forward> Napi::Value Mapping::find_async(const Napi::CallbackInfo &info) {
  const std::shared_ptr<Opened> in = share(info.Env());
  const auto bytes = info[0].As<Napi::Uint8Array>();
  const std::vector<uint8_t> needle(bytes.Data(), bytes.Data() + bytes.ByteLength());
  auto position = std::make_shared<uint64_t>(WMCORE_NOT_FOUND);
  Work work;
  work.step = [position, needle, from = to_u64(info[1]), to = to_u64(info[2])](wmcore_mapping *mapping,
                                                                               bool &done) mutable {
    return forward ? wmcore_find_step(mapping, needle.data(), needle.size(), &from, to, position.get(), &done)
                   : wmcore_rfind_step(mapping, needle.data(), needle.size(), from, &to, position.get(), &done);
  };
  work.result = [position](Napi::Env env) {
    return *position == WMCORE_NOT_FOUND ? env.Undefined() : to_number(env, *position);
  };
  return start(info.Env(), in, info[3], std::move(work));
}

/// (offset, length, stop)
Napi::Value Mapping::flush_async(const Napi::CallbackInfo &info) {
  Work work;
  work.step = [offset = to_u64(info[0]), length = to_u64(info[1])](wmcore_mapping *mapping, bool &done) {
    done = true;
    return wmcore_flush(mapping, offset, length);
  };
  return start(info.Env(), share(info.Env()), info[2], std::move(work));
}

/// (offset, length, stop)
Napi::Value Mapping::populate_async(const Napi::CallbackInfo &info) {
  Work work;
  work.step = [offset = to_u64(info[0]), length = to_u64(info[1])](wmcore_mapping *mapping, bool &done) mutable {
    const wmcore_status status = wmcore_populate_step(mapping, &offset, &length);
    done = length == 0;
    return status;
  };
  return start(info.Env(), share(info.Env()), info[2], std::move(work));
}

/// (length, stop)
Napi::Value Mapping::resize_async(const Napi::CallbackInfo &info) {
  std::shared_ptr<Opened> target = share(info.Env());
  if (target->running > 0)
    require(info.Env(), WMCORE_BUSY);
  Work work;
  work.step = [length = to_u64(info[0])](wmcore_mapping *mapping, bool &done) {
    done = true;
    return wmcore_resize(mapping, length);
  };
  work.resizes = true;
  return start(info.Env(), std::move(target), info[1], std::move(work));
}

void Mapping::check(const Napi::CallbackInfo &info) {
  require(info.Env(), wmcore_check(get(info.Env()), to_u64(info[0]), to_u64(info[1]), nullptr));
}

Napi::Value Mapping::clean(const Napi::CallbackInfo &info) {
  bool clean = false;
  require(info.Env(), wmcore_check(get(info.Env()), 0, 0, &clean));
  return Napi::Boolean::New(info.Env(), clean);
}

/// The whole mapping, for the Mmap that owns this object and drops the buffer before it closes or resizes. The buffer
/// does not count as a holder, so the pages go at once. Undefined where the engine allows no external memory.
Napi::Value Mapping::own_buffer(const Napi::CallbackInfo &info) {
  reinstall_handler(info.Env());
  const Pages pages(get(info.Env())); // The mapping still holds them after this.
  return external_buffer(info.Env(), pages.bytes(), pages.length(), nullptr, nullptr);
}

/// (offset, length): bytes that any code may keep, in a buffer of their own. Closing the mapping does not detach the
/// buffer: Node's own code (such as zlib) ends the process when memory that it works on becomes shorter.
Napi::Value Mapping::lend_buffer(const Napi::CallbackInfo &info) {
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
void Mapping::charge(const Napi::CallbackInfo &info) {
  require(info.Env(), wmcore_charge(get(info.Env()), info[0].As<Napi::External<wmcore_budget>>().Data()));
}

void Mapping::close(const Napi::CallbackInfo & /*info*/) {
  opened.reset(); // Operations on other threads finish before it closes.
}
