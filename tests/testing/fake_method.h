#ifndef SEEDANCE_TESTS_TESTING_FAKE_METHOD_H_
#define SEEDANCE_TESTS_TESTING_FAKE_METHOD_H_

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "service/base/mutex.h"
#include "service/upstream/upstream.h"

namespace seedance::testing {

// One scripted method: answers that the next calls get, a count, and a gate that holds calls back.
template <typename Result>
class FakeMethod {
 public:
  // The next call that has no answer yet gets this one; without answers a call gets the vendor's own.
  void Answer(Result result) {
    base::MutexLock lock(mutex_);
    answers_.push_back(std::move(result));
  }

  // Calls wait from now on, until Open or until they are cancelled.
  void Close() {
    base::MutexLock lock(mutex_);
    closed_ = true;
  }
  void Open() {
    base::MutexLock lock(mutex_);
    closed_ = false;
    changed_.NotifyAll();
  }

  int calls() {
    base::MutexLock lock(mutex_);
    return calls_;
  }
  // Calls that wait at the closed gate.
  int waiting() {
    base::MutexLock lock(mutex_);
    return waiting_;
  }

  // For the fake: the answer of this call. `otherwise` is the vendor's own, `cancelled` that of a call broken off.
  Result Run(const upstream::CallOptions& call, const std::function<Result()>& otherwise,
             const std::function<Result()>& cancelled) {
    // As a real one: what may be billed has leave already.
    if constexpr (std::is_constructible_v<Result, absl::Status>) {
      const absl::Status may = call.permit == nullptr ? absl::OkStatus() : call.permit->BeforeSend(call);
      if (!may.ok()) return may;
    }
    std::optional<Result> scripted;
    {
      base::MutexLock lock(mutex_);
      ++calls_;
      ++waiting_;
      const auto is_set = [](const auto& token) { return token != nullptr && token->cancelled(); };
      const auto stopped = [&] { return is_set(call.cancel) || is_set(call.abandon); };
      while (closed_ && !stopped()) changed_.WaitFor(mutex_, std::chrono::milliseconds(1));
      --waiting_;
      if (closed_) return cancelled();
      if (!answers_.empty()) {
        scripted = std::move(answers_.front());
        answers_.pop_front();
      }
    }
    return scripted.has_value() ? *std::move(scripted) : otherwise();
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Result> answers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_FAKE_METHOD_H_
