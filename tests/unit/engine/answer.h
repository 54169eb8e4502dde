#ifndef SEEDANCE_TESTS_UNIT_ENGINE_ANSWER_H_
#define SEEDANCE_TESTS_UNIT_ENGINE_ANSWER_H_

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/error.h"
#include "service/base/mutex.h"
#include "service/engine/dispatch/call_context.h"

namespace seedance::testing {

// Real time that a test waits for an answer that must come.
constexpr absl::Duration kPatience = absl::Seconds(30);

// A status that shares nothing with `status`. The thread sanitizer cannot see into Debian's build of Abseil, and takes
// its count of references for a race when two threads hold copies.
inline absl::Status Unshared(const absl::Status& status) {
  return status.ok() ? status : base::ParseStatus(base::SerializeStatus(status));
}

template <typename T>
absl::StatusOr<T> Unshared(const absl::StatusOr<T>& answer) {
  if (answer.ok()) return answer;
  return Unshared(answer.status());
}

// The answer of one asynchronous operation.
template <typename T>
class Answer {
 public:
  engine::Done<T> done() const {
    return [state = state_](absl::StatusOr<T> answer) {
      base::MutexLock lock(state->mutex);
      ++state->count;
      state->answer = Unshared(answer);
      state->changed.NotifyAll();
    };
  }

  // How often the operation has answered.
  int count() const {
    base::MutexLock lock(state_->mutex);
    return state_->count;
  }

  // Waits for the answer; DEADLINE_EXCEEDED without one.
  absl::StatusOr<T> Wait() const {
    const absl::Time deadline = base::RealClock().Now() + kPatience;
    base::MutexLock lock(state_->mutex);
    while (!state_->answer.has_value() && base::RealClock().Now() < deadline) {
      state_->changed.WaitFor(state_->mutex, std::chrono::seconds(1));
    }
    if (!state_->answer.has_value()) return absl::DeadlineExceededError("the operation never answered");
    return Unshared(*state_->answer);
  }

 private:
  struct State {
    base::Mutex mutex;
    base::CondVar changed;
    int count ABSL_GUARDED_BY(mutex) = 0;
    std::optional<absl::StatusOr<T>> answer ABSL_GUARDED_BY(mutex);
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_UNIT_ENGINE_ANSWER_H_
