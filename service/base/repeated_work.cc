#include "service/base/repeated_work.h"

#include <utility>

namespace seedance::base {

void RepeatedWork::Start(absl::Duration first_pause, Step step) {
  step_ = std::move(step);
  alarm_.Set(clock_.Now() + first_pause);
}

void RepeatedWork::Stop() {
  stopped_ = true;
  alarm_.Stop();
}

void RepeatedWork::Run() {
  const absl::Duration pause = step_();
  alarm_.Set(clock_.Now() + pause);
}

}  // namespace seedance::base
