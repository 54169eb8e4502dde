#ifndef SEEDANCE_SERVICE_ENGINE_CHANGE_FOLLOWER_H_
#define SEEDANCE_SERVICE_ENGINE_CHANGE_FOLLOWER_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "service/base/clock.h"
#include "service/base/metrics.h"
#include "service/base/timer.h"
#include "service/store/store.h"

namespace seedance::engine {

// Reads what other processes write to the store and what they tell beside it, each in the order of revisions, and tells
// of it. Of this process's own
// writes, which it cannot tell apart, those are told too that it finds.
//
// Tests: tests/unit/engine/change_follower_test.cc
class ChangeFollower {
 public:
  // Told of changes on the follower's thread, in order. Those of one resource may be told as one.
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void OnTask(const model::GenerationTask& task) = 0;
    virtual void OnTaskDeleted(const std::string& tenant, const std::string& id) = 0;
    virtual void OnAsset(const model::Asset& asset) = 0;
    virtual void OnNotice(const store::Notice& notice) = 0;
  };

  // All outlive it. `lag`: seconds from the update of a task or asset of another process's shards until it is told, as
  // far as the clocks of the hosts agree. Throws as Timer::Alarm.
  ChangeFollower(store::Store& store, Observer& observer, base::Clock& clock, const base::Histogram& lag = {});

  // From the present state on, and with all that was told beside it and still counts. Errors of the store.
  absl::Status Start();
  void Stop() { alarm_.Stop(); }

  // There may be something new. Never blocks.
  void Look() { alarm_.Set(clock_.Now()); }

 private:
  void Follow();
  void Tell(const store::Store::Change& change);
  void Measure(const std::string& name, absl::Time update_time);

  store::Store& store_;
  Observer& observer_;
  base::Clock& clock_;
  base::Histogram lag_;
  std::atomic<int64_t> seen_ = 0;  // Revision up to which everything was told.
  int64_t heard_ = 0;              // The same of notices. Used by the alarm.
  base::Timer::Alarm alarm_;       // Last: it uses the others.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_CHANGE_FOLLOWER_H_
