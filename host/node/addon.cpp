// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Node-API addon: converts between JavaScript values and the core, and tracks who holds borrowed memory. It runs no
// code of a user, except to make an error; it touches nothing after that.
#include "guest_memory.h"
#include "mapping.h"
#include "span.h"

namespace {

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

/// (budget) => the bytes that its mappings take
template <uint64_t (*BYTES)(const wmcore_budget *)> Napi::Value bytes_of_budget(const Napi::CallbackInfo &info) {
  const wmcore_budget *budget = info[0].As<Napi::External<wmcore_budget>>().Data();
  return Napi::Number::New(info.Env(), static_cast<double>(BYTES(budget)));
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
  exports["budgetUsed"] = Napi::Function::New(env, bytes_of_budget<wmcore_budget_used>);
  exports["budgetPeak"] = Napi::Function::New(env, bytes_of_budget<wmcore_budget_peak>);
  exports["createStop"] = Napi::Function::New(env, create_stop);
  exports["requestStop"] = Napi::Function::New(env, request_stop);
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
