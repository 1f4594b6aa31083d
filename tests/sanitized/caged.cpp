// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Stands before Node-API as in Electron, whose V8 keeps all memory of JavaScript in a cage: no external memory.
#include <node_api.h>

extern "C" napi_status __wrap_napi_create_external_arraybuffer(napi_env /*env*/, void * /*bytes*/, size_t /*length*/,
                                                               napi_finalize /*finalize*/, void * /*hint*/,
                                                               napi_value * /*result*/) {
  return napi_no_external_buffers_allowed;
}
