#ifndef SEEDANCE_SERVICE_ENGINE_USAGE_VERDICTS_H_
#define SEEDANCE_SERVICE_ENGINE_USAGE_VERDICTS_H_

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
  absl::Time now;  // When the log was read.
  absl::Duration submit_timeout;
  absl::Duration lag;
  bool exclusive_key = false;
  upstream::UsageLog log;
  std::vector<model::GenerationTask> doubts;  // SUBMIT_UNKNOWN at this upstream, of all tenants.
  std::vector<model::GenerationTask> sent;    // SUBMITTING at this upstream.
  // Tasks of the gateway that the log shows, by the vendor's id.
  std::map<std::string, model::GenerationTask> known;
  std::set<std::string> deleted;  // The vendor's ids of tasks that were deleted here.
  // What the vendor answered about ids of the log. An id without an entry was not asked for, or gave no answer.
  std::map<std::string, upstream::TaskFacts> shown;
};

// The vendor's ids of which the vendor should be asked before DecideByUsage: those that may be of a doubt, and at most
// two known ones that show whether the vendor tells seeds as they were sent. Those in `shown` with a seed are left out.
std::vector<std::string> IdsToAsk(const UsageFacts& facts);

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

// One decision for each doubt.
//
// - Bound: exactly one task of the log shows the seed that only this task was sent with. Or, with an exclusive key: one
//   unclaimed task in the doubt's window, which contradicts nothing that was asked for, and which no other doubt, and
//   no task on its way, may be.
// - Not taken: `submit_timeout` and `lag` have passed since the doubt arose, the log reaches back before it, lists a
// known
//   task of after it, and nothing unclaimed in its window may be the task. A seed excludes a task of the log only if a
//   known task shows the one that it was sent with.
// A log that lists no known task proves nothing.
std::vector<UsageDecision> DecideByUsage(const UsageFacts& facts);

// What the vendor charged for the task in its unit: what was consumed less what was refunded, or what its settlement
// says. nullopt: the log does not show the task.
std::optional<int64_t> QuotaOf(const upstream::UsageLog& log, const std::string& upstream_task_id);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_USAGE_VERDICTS_H_
