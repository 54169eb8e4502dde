#ifndef SEEDANCE_SERVICE_ENGINE_RETENTION_H_
#define SEEDANCE_SERVICE_ENGINE_RETENTION_H_

#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/repeated_work.h"
#include "service/model/generation_task.h"
#include "service/store/store.h"

namespace seedance::engine {

// Forgets what is older than the retention: tasks that have ended, request ids that stand for nothing, and the marks of
// deletions, which are kept for at least a day. One thread; small batches, so that nobody waits long for the store.
class Retention {
 public:
  struct Options {
    absl::Duration retention = absl::Hours(30 * 24);  // Zero: tasks and request ids are kept for ever.
    absl::Duration interval = absl::Minutes(5);       // From one sweep to the next; the first comes after one interval.
    int batch = 200;
  };

  // `on_deleted` is told of each task that is gone, on the thread that sweeps.
  Retention(const Options& options, store::Store& store, std::function<void(const model::GenerationTask&)> on_deleted,
            base::Clock& clock)
      : options_(options), store_(store), on_deleted_(std::move(on_deleted)), clock_(clock), work_(clock) {}

  void Start();
  // No sweep is under way when it returns. May be called twice.
  void Stop() { work_.Stop(); }

 private:
  void Sweep();
  void PurgeTasks();

  const Options options_;
  store::Store& store_;
  const std::function<void(const model::GenerationTask&)> on_deleted_;
  base::Clock& clock_;
  base::RepeatedWork work_;  // Last: it uses the others.
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_RETENTION_H_
