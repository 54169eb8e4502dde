#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_TRACKER_OPTIONS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_TRACKER_OPTIONS_H_

#include "absl/time/time.h"
#include "service/base/backoff.h"
#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/engine/dispatch/poll_pace.h"
#include "service/engine/dispatch/vendor_accounts.h"
#include "service/engine/tasks/task_table.h"
#include "service/engine/tasks/task_writer.h"
#include "service/store/store.h"

namespace seedance::engine {

// How TaskTracker paces and gives up.
//
// Tests: tests/unit/engine/tasks/task_tracker_test.cc
struct TrackerOptions {
  // As in PollPace.
  absl::Duration poll_interval_queued = absl::Seconds(15);
  absl::Duration poll_interval_running = absl::Seconds(10);
  absl::Duration poll_interval_unwatched;
  absl::Duration poll_interval_with_webhooks = absl::Minutes(2);
  absl::Duration poll_interval_watched = absl::InfiniteDuration();  // That of the state alone.
  // How long a task that waits for assets rests when nobody tells of a change.
  absl::Duration asset_check_interval = absl::Seconds(30);
  // Least time for the vendor's work, from when it took the task. The engine sets it: that of Tasks.
  absl::Duration deadline = absl::Hours(2);
  absl::Duration submit_unknown_deadline = absl::Hours(24);  // From the task's creation.
  // How long the vendor may call a task a success without showing its result. Counted anew after a restart.
  absl::Duration result_patience = absl::Minutes(5);
  absl::Duration last_word = absl::Minutes(10);  // How long an overdue task is polled until an answer comes.
  NotFoundPatience lost{5, absl::Minutes(2)};
  base::Backoff submit_backoff{absl::Seconds(1), absl::Minutes(1)};
};

// What the tracker and its parts work with. All outlive it.
struct TrackerDependencies {
  store::Store& store;
  VendorAccounts& accounts;
  TaskTable& table;
  TaskWriter& writer;
  base::Clock& clock;
  base::Random& random;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_TRACKER_OPTIONS_H_
