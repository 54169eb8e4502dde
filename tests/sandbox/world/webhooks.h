#ifndef SEEDANCE_TESTS_SANDBOX_WORLD_WEBHOOKS_H_
#define SEEDANCE_TESTS_SANDBOX_WORLD_WEBHOOKS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/world/links.h"
#include "tests/sandbox/world/virtual_clock.h"
#include "tests/sandbox/world/web_client.h"
#include "tests/sandbox/world/world.h"

namespace seedance::sandbox {

// One attempt to tell an endpoint about a task, or an event that was lost on purpose.
struct WebhookDelivery {
  int64_t seq = 0;
  std::string task;
  std::string event;    // created, staged, processing, completed, failed.
  std::string outcome;  // delivered, failed, lost.
  int status = 0;       // HTTP status; 0: no answer, or lost.
  int attempt = 1;
  bool duplicate = false;
  absl::Time time;  // Virtual.
};

// Tells the endpoints of PiAPI tasks about their states when virtual time comes to them: one after the other, each with
// the task as it was at the moment of the event. An answer that is not 2xx is tried again, up to three times in all,
// ten virtual seconds apart. Losses and duplicates come from an own seeded source. Thread-safe.
class Webhooks {
 public:
  Webhooks(const Options& options, VirtualClock& clock, const Links& links, uint64_t seed);
  ~Webhooks() { Stop(); }

  // Plans all events of `task`; none when it has no endpoint.
  void Schedule(const Task& task);

  // Looks at the clock again: it was moved.
  void Wake();

  // What goes wrong from now on.
  WebhookOptions settings();
  void SetFaults(double loss, double duplicates, absl::Duration delay);

  // The last ten thousand.
  std::vector<WebhookDelivery> Deliveries();

  void Reset();

  // Breaks a running delivery off. May be called twice.
  void Stop();

 private:
  struct Event {
    std::shared_ptr<const Task> task;
    std::string name;
    absl::Time time;
    int attempt = 1;
    bool drawn = false;  // Its loss and duplication are decided.
    bool duplicate = false;
  };

  void Run();
  std::optional<Event> Next();
  void WaitLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Decides about a new event; nothing when it is not to be sent now.
  std::optional<Event> DrawLocked(Event event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ChanceLocked(double probability) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Deliver(Event event);
  void NoteLocked(const Event& event, const std::string& outcome, int status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options& options_;
  VirtualClock& clock_;
  const Links& links_;
  const uint64_t seed_;
  WebClient web_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t resets_ ABSL_GUARDED_BY(mutex_) = 0;
  WebhookOptions settings_ ABSL_GUARDED_BY(mutex_);
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  std::multimap<absl::Time, Event> queue_ ABSL_GUARDED_BY(mutex_);  // By the moment to act.
  int64_t last_seq_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<WebhookDelivery> deliveries_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last: it uses the members above.
};

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WORLD_WEBHOOKS_H_
