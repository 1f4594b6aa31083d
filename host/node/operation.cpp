// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "operation.h"

namespace {

class Operation : public Napi::AsyncWorker {
public:
  Operation(Napi::Env env, std::shared_ptr<Opened> opened, Stop stop, Work work)
      : AsyncWorker(env), opened(std::move(opened)), stop(std::move(stop)), work(std::move(work)), promise(env) {
    this->opened->running++;
    this->opened->resizing = this->work.resizes;
  }
  ~Operation() override {
    opened->running--;
    if (work.resizes)
      opened->resizing = false;
  }
  Operation(const Operation &) = delete;
  Operation &operator=(const Operation &) = delete;

  Napi::Value get_promise() const { return promise.Promise(); }

protected:
  void Execute() override {
    wmcore_step_aside(true);
    for (bool done = false; !done && !status && !stop->load();)
      status = work.step(opened->mapping, done);
    wmcore_step_aside(false);                          // The thread is one of a pool.
    system_error = status ? wmcore_system_error() : 0; // It belongs to this thread.
  }

  void OnOK() override {
    if (stop->load()) // Nobody awaits it any more, but the promise takes memory until it is settled.
      promise.Resolve(Env().Undefined());
    else if (status)
      promise.Reject(to_error(Env(), status, system_error));
    else
      promise.Resolve(work.result(Env()));
  }

  void OnError(const Napi::Error &error) override { promise.Reject(error.Value()); }

private:
  const std::shared_ptr<Opened> opened;
  const Stop stop;
  const Work work;
  const Napi::Promise::Deferred promise;
  wmcore_status status = WMCORE_OK;
  int system_error = 0;
};

} // namespace

Napi::Value create_stop(const Napi::CallbackInfo &info) {
  auto *held = new Stop(std::make_shared<std::atomic<bool>>(false));
  return Napi::External<Stop>::New(info.Env(), held, [](Napi::Env, Stop *released) { delete released; });
}

void request_stop(const Napi::CallbackInfo &info) { (*info[0].As<Napi::External<Stop>>().Data())->store(true); }

Napi::Value start(Napi::Env env, std::shared_ptr<Opened> opened, const Napi::Value &stop, Work work) {
  reinstall_handler(env);
  wmcore_may_read(opened->mapping, 0, 0); // Brings lost pages back, which a thread that steps aside does not do.
  auto *operation = new Operation(env, std::move(opened), *stop.As<Napi::External<Stop>>().Data(),
                                  std::move(work)); // Deletes itself.
  const Napi::Value promise = operation->get_promise();
  operation->Queue();
  return promise;
}
