// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "buffers.h"

#include <memory>

Napi::Value external_buffer(Napi::Env env, void *bytes, size_t length, napi_finalize finalize, void *hint) {
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, bytes, length, finalize, hint, &buffer);
  if (status == napi_no_external_buffers_allowed)
    return env.Undefined();
  NAPI_THROW_IF_FAILED(env, status, env.Undefined());
  return {env, buffer};
}

/// A region that JavaScript holds.
struct Lender::Loan {
  wmcore_region *region;     ///< Null once the loan has ended.
  bool made = false;         ///< Whether a buffer exists: it deletes the loan.
  bool left = false;         ///< The memory has left the buffer, so no event tells when it is free.
  napi_ref buffer = nullptr; ///< Weak. This member and the next ones are used only where loans are watched.
  Lender *lender = nullptr;
  Loan *next = nullptr;
  Loan *previous = nullptr;
};

/// The engine calls it when nothing holds the memory any more, or when the environment ends. Where loans are not
/// watched, it can be on any thread.
void Lender::end(napi_env env, void * /*bytes*/, void *data) {
  auto *loan = static_cast<Loan *>(data);
  if (loan->lender) {
    (loan->previous ? loan->previous->next : loan->lender->loans) = loan->next;
    if (loan->next)
      loan->next->previous = loan->previous;
    napi_delete_reference(env, loan->buffer);
  }
  if (!loan->left)
    wmcore_region_release(loan->region);
  loan->region = nullptr;
  if (loan->made)
    delete loan;
}

Napi::Value Lender::lend(Napi::Env env, wmcore_region *region, uint64_t offset, size_t length) {
  auto loan = std::make_unique<Loan>(Loan{region});
  // An engine that refuses the buffer may have ended the loan already.
  const auto give_back = [&] {
    if (loan->region)
      wmcore_region_release(loan->region);
  };
  Napi::Value buffer;
  try {
    buffer = external_buffer(env, wmcore_region_bytes(region) + offset, length, end, loan.get());
  } catch (const Napi::Error &) {
    give_back();
    throw;
  }
  if (buffer.IsUndefined()) {
    give_back();
    return buffer;
  }
  loan->made = true;
  Loan *const made = loan.release(); // The buffer deletes it.
  if (watches)
    watch(env, made, buffer);
  return buffer;
}

/// A buffer that is younger than those of all loans, see Lender::watch().
struct Lender::Last {
  Lender *lender; ///< Null once there is a younger buffer.
  napi_ref buffer = nullptr;
};

void Lender::watch(Napi::Env env, Loan *loan, napi_value buffer) {
  if (napi_create_reference(env, buffer, 0, &loan->buffer) != napi_ok)
    return;
  loan->lender = this;
  loan->next = loans;
  if (loans)
    loans->previous = loan;
  loans = loan;
  // An environment that ends finalizes and detaches its buffers, the youngest first. So the finalizer of a buffer that
  // is younger than all loans still sees them as the program left them; clean-up hooks run too late for that.
  static uint8_t nothing;
  auto youngest = std::make_unique<Last>(Last{this});
  const napi_value placeholder = external_buffer(env, &nothing, sizeof nothing, end_of_last, youngest.get());
  Last *const made = youngest.release(); // That buffer deletes it.
  if (napi_create_reference(env, placeholder, 1, &made->buffer) != napi_ok) {
    made->lender = nullptr;
    return;
  }
  forget_last(env);
  last = made;
}

void Lender::forget_last(napi_env env) {
  if (!last)
    return;
  napi_delete_reference(env, last->buffer);
  last->lender = nullptr; // The buffer is garbage now, and its finalizer deletes it.
  last = nullptr;
}

void Lender::end_of_last(napi_env env, void * /*bytes*/, void *data) {
  const std::unique_ptr<Last> ended(static_cast<Last *>(data));
  if (ended->lender)
    ended->lender->look(env);
}

/// Called when the environment ends: notes which loans' memory has left its buffer.
void Lender::look(napi_env env) {
  forget_last(env);
  for (Loan *loan = loans; loan; loan = loan->next) {
    napi_handle_scope scope = nullptr;
    napi_value buffer = nullptr;
    bool detached = true;
    if (napi_open_handle_scope(env, &scope) == napi_ok) {
      napi_get_reference_value(env, loan->buffer, &buffer);
      if (buffer)
        napi_is_detached_arraybuffer(env, buffer, &detached);
      napi_close_handle_scope(env, scope);
    }
    loan->left = detached; // A collected buffer counts too: it may have been emptied before.
  }
}
