#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_LOOKUP_SCHEDULE_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_LOOKUP_SCHEDULE_H_

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "service/base/clock.h"
#include "service/base/due_queue.h"
#include "service/base/mutex.h"

namespace seedance::engine {

// When what is in doubt is looked for at the vendor by itself: a few tries with growing pauses, because the vendor may
// show late what it took, and few at a time, because polls use the same threads. Thread-safe.
class LookupSchedule {
 public:
  // `look` runs on a thread of the clock's timer that may block, and leads to exactly one call of Done or PutOff with
  // its key.
  LookupSchedule(base::Clock& clock, std::function<void(const std::string& key)> look);

  void Start() { due_.Start(); }
  void Stop() { due_.Stop(); }

  // Plans tries for `key`, the first one after the first pause, or at once.
  void Add(const std::string& key, bool at_once);
  // A try has ended. `over`: no other one is needed.
  void Done(const std::string& key, bool over);
  // A try was put off before it had asked the vendor all (upstream::WasPutOff): it does not count, and is made again
  // after the retry delay of `why`.
  void PutOff(const std::string& key, const absl::Status& why);

  // Keys for which tries are planned or under way.
  size_t size();

 private:
  void OnDue(const std::string& key);

  base::Clock& clock_;
  const std::function<void(const std::string& key)> look_;
  base::Mutex mutex_;
  std::map<std::string, size_t> tries_ ABSL_GUARDED_BY(mutex_);  // Pauses used so far.
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  base::DueQueue due_;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_LOOKUP_SCHEDULE_H_
