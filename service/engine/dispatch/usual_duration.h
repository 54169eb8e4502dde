#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_USUAL_DURATION_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_USUAL_DURATION_H_

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::engine {

// Between which ages most tasks of a kind end: one in ten ends before, one in ten after.
//
// Tests: tests/unit/engine/dispatch/poll_pace_test.cc
struct UsualDuration {
  absl::Duration early;
  absl::Duration late;
};

// Learns from the durations of tasks of one kind. Old ones count less and less: the last fifty or so decide. A value in
// constant memory.
class DurationMemory {
 public:
  void Add(absl::Duration duration);
  // To about a tenth. nullopt: too few to say.
  std::optional<UsualDuration> Usual() const;

 private:
  // Bucket i holds durations up to 1.1^i seconds; the last one, all beyond half a day.
  static constexpr size_t kBuckets = 112;

  absl::Duration At(double share) const;

  std::array<float, kBuckets> weights_{};
  int count_ = 0;
};

// What was learned since the process started, by upstream and model. Thread-safe.
class UsualDurations {
 public:
  void Add(const std::string& upstream, const std::string& model, absl::Duration duration);
  std::optional<UsualDuration> Of(const std::string& upstream, const std::string& model);

 private:
  base::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, DurationMemory> memories_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_USUAL_DURATION_H_
