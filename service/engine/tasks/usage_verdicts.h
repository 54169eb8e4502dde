#ifndef SEEDANCE_SERVICE_ENGINE_TASKS_USAGE_VERDICTS_H_
#define SEEDANCE_SERVICE_ENGINE_TASKS_USAGE_VERDICTS_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/model/generation_task.h"
#include "service/upstream/upstream.h"

namespace seedance::engine {

// What a vendor's usage log, and its answers about the tasks in it, prove of tasks in doubt. Plain data and functions,
// without I/O.

// What is known when the log has been read. Everything else was read after the log, so that what it shows of a task
// that was accepted meanwhile is known.
struct UsageFacts {
  // What the vendor shows of a task in its log.
  struct Shown {
    upstream::TaskFacts facts;
    bool ended = false;      // Nothing of it changes any more.
    bool succeeded = false;  // It ended well.
  };

  absl::Time now;  // When the log was read.
  absl::Duration taken_within;
  absl::Duration lag;
  bool exclusive_key = false;
  bool listed_running = false;  // ListsRunning was true of an earlier read.
  upstream::UsageLog log;
  std::vector<model::GenerationTask> doubts;    // SUBMIT_UNKNOWN at this upstream, of all tenants.
  std::vector<model::GenerationTask> sent;      // SUBMITTING at this upstream.
  std::vector<model::GenerationTask> accepted;  // Open at this upstream, with the vendor's id.
  std::vector<model::GenerationTask> former;    // Were in doubt, and ended without the vendor's id: their times.
  // Tasks of the gateway that the log shows, by the vendor's id.
  std::map<std::string, model::GenerationTask> known;
  std::set<std::string> deleted;  // The vendor's ids of tasks that were deleted here.
  // What the vendor answered about ids of the log. An id without an entry was not asked for, or gave no answer.
  std::map<std::string, Shown> shown;
};

// The vendor's ids of which the vendor should be asked before DecideByUsage: those that may be of a doubt, for each
// model at most two known ones that show whether the vendor tells seeds as they were sent, and two that seem to run.
// What has ended in `shown` is left out.
std::vector<std::string> IdsToAsk(const UsageFacts& facts);

// Whether the log lists a task of which the vendor says that it runs: it is written when tasks are taken, not when they
// end.
bool ListsRunning(const UsageFacts& facts);

struct UsageDecision {
  enum class Kind {
    kOpen,      // Nothing is proven.
    kBound,     // It is `upstream_task_id` at the vendor.
    kNotTaken,  // The vendor never took it.
  };
  std::string task;  // Id here.
  Kind kind = Kind::kOpen;
  std::string upstream_task_id;
  absl::Time time = absl::InfinitePast();  // When the vendor took it.
};

// One decision for each doubt. `Known` below is a task of the gateway whose consumption the log lists; without one it
// proves nothing.
//
// - Bound: exactly one task of the log shows the seed that only this task was sent with. Or, with an exclusive key:
//   one unclaimed task in the doubt's window, which contradicts nothing that was asked for, and which no other doubt,
//   and no task on its way, may be. The log must be of the key that the doubt was sent with.
// - Not taken: the log is of that key too, the doubt's window is over, the log reaches back before it, and nothing
//   unclaimed in it may be the task. The window begins with the task and ends `taken_within` and `lag` after its answer
//   was lost, moved by what known tasks show of the vendor's clock and of how late it writes. A task of the log is
//   another's if it has ended and shows another seed than the random one that the doubt was sent with, while known
//   tasks of the same model show theirs. The log must list a known task that was created after the vendor could last
//   have taken it, and every task that the vendor accepted since with that key and that still runs.
std::vector<UsageDecision> DecideByUsage(const UsageFacts& facts);

// What the vendor charged for the task in its unit: what was consumed less what was refunded, or what its settlement
// says. nullopt: the log does not show the task.
std::optional<int64_t> QuotaOf(const upstream::UsageLog& log, const std::string& upstream_task_id);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_TASKS_USAGE_VERDICTS_H_
