#include "service/engine/tasks/usage_verdicts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using upstream::TaskFacts;
using upstream::UsageRow;

// The vendor's clock may be so far from ours when no task shows how far it is.
constexpr absl::Duration kUnknownSkew = absl::Minutes(2);
// A known task shows by how much a row's time differs from the acceptance if it was sent and accepted within so long.
constexpr absl::Duration kPrompt = absl::Minutes(1);
constexpr size_t kKnownToAsk = 2;  // Of each model.

// When a row of a task may have been written, by the vendor's clock.
struct Window {
  absl::Time since;
  absl::Time until;
};

// What a row's time may be, less the moment at which the vendor took the task: its clock, and how late it writes.
struct Skew {
  bool shown = false;  // By a known task.
  absl::Duration least = -kUnknownSkew;
  absl::Duration most = kUnknownSkew;
};

bool IsIn(const Window& window, const UsageRow& row) {
  // One without a time may be of any.
  return row.time == absl::InfinitePast() || (row.time >= window.since && row.time <= window.until);
}

bool IsTaskRow(const UsageRow& row) {
  if (row.kind != UsageRow::Kind::kConsumption || row.actual_quota.has_value()) return false;
  // A row that says neither may be of a task.
  return row.is_task || row.path.empty() || absl::StrContains(row.path, "/video/generations");
}

bool IsClaimed(const UsageRow& row, const UsageFacts& facts) {
  return !row.task_id.empty() && (facts.known.count(row.task_id) > 0 || facts.deleted.count(row.task_id) > 0);
}

// By which names the vendor's log calls our models, as far as its known tasks show.
using ModelNames = std::map<std::string, std::set<std::string>>;

ModelNames NamesOf(const UsageFacts& facts) {
  ModelNames names;
  for (const UsageRow& row : facts.log.rows) {
    const auto known = facts.known.find(row.task_id);
    if (IsTaskRow(row) && known != facts.known.end()) names[known->second.request.model].insert(row.model);
  }
  return names;
}

// False: known tasks show that the model is called otherwise, and that the row's name is another model's.
bool MayBeOfModel(const UsageRow& row, const std::string& model, const ModelNames& names) {
  const auto own = names.find(model);
  if (row.model.empty() || own == names.end() || own->second.count(row.model) > 0) return true;
  return std::none_of(names.begin(), names.end(),
                      [&row](const auto& entry) { return entry.second.count(row.model) > 0; });
}

Skew SkewOf(const UsageFacts& facts) {
  Skew skew;
  for (const UsageRow& row : facts.log.rows) {
    const auto known = facts.known.find(row.task_id);
    if (!IsTaskRow(row) || known == facts.known.end() || row.time == absl::InfinitePast()) continue;
    const GenerationTask& task = known->second;
    if (task.submit_time - task.create_time > kPrompt) continue;
    if (!skew.shown) skew = {true, absl::ZeroDuration(), absl::ZeroDuration()};
    skew.least = std::min(skew.least, row.time - task.submit_time);
    skew.most = std::max(skew.most, row.time - task.create_time);
  }
  return skew;
}

Window WindowOf(const GenerationTask& doubt, const UsageFacts& facts, const Skew& skew) {
  return {doubt.create_time + skew.least - facts.lag, doubt.update_time + facts.taken_within + skew.most + facts.lag};
}

// The seed that the vendor shows of a task which has ended. One that runs may show a place-holder; one that failed may
// show 0 or -1 for one.
std::optional<int64_t> FinalSeed(const UsageFacts::Shown& shown) {
  const std::optional<int64_t>& seed = shown.facts.seed;
  return shown.ended && seed.has_value() && (*seed > 0 || shown.succeeded) ? seed : std::nullopt;
}

// Whether the vendor shows of known tasks of the model the seeds with which they were sent. Without one that shows it:
// no.
bool TellsSeeds(const UsageFacts& facts, const std::string& model) {
  bool any = false;
  for (const auto& [id, task] : facts.known) {
    const auto shown = facts.shown.find(id);
    if (task.request.model != model || !task.sent_seed.has_value() || shown == facts.shown.end()) continue;
    const std::optional<int64_t> seed = FinalSeed(shown->second);
    if (!seed.has_value()) continue;
    if (*seed != *task.sent_seed) return false;
    any = true;
  }
  return any;
}

// What the vendor shows contradicts what was asked for.
bool Contradicts(const TaskFacts& shown, const GenerationTask& task) {
  const model::TaskRequest& asked = task.request;
  const std::string resolution(model::ResolutionName(asked.resolution));
  const bool adaptive = asked.aspect_ratio.empty() || asked.aspect_ratio == "adaptive";
  return (!resolution.empty() && !shown.resolution.empty() && shown.resolution != resolution) ||
         (!adaptive && !shown.aspect_ratio.empty() && shown.aspect_ratio != asked.aspect_ratio) ||
         (asked.duration_seconds.value_or(-1) > 0 && shown.duration_seconds.has_value() &&
          *shown.duration_seconds != *asked.duration_seconds);
}

// Decides about one doubt after the other, with what all of them share.
class LogJudge {
 public:
  explicit LogJudge(const UsageFacts& facts)
      : facts_(facts),
        names_(NamesOf(facts)),
        skew_(SkewOf(facts)),
        lists_running_(facts.listed_running || ListsRunning(facts)) {
    for (const UsageRow& row : facts.log.rows) {
      if (!IsTaskRow(row)) continue;
      if (!IsClaimed(row, facts)) unclaimed_.push_back(&row);
      const auto known = facts.known.find(row.task_id);
      if (known == facts.known.end()) continue;
      newest_known_ = std::max(newest_known_, known->second.create_time);
    }
    lists_all_ = std::none_of(facts.accepted.begin(), facts.accepted.end(),
                              [this](const GenerationTask& task) { return IsMissing(task); });
  }

  UsageDecision Decide(const GenerationTask& doubt) const {
    UsageDecision decision;
    decision.task = doubt.id;
    if (newest_known_ == absl::InfinitePast()) return decision;
    if (const UsageRow* row = OfTag(doubt); row != nullptr) return Bind(std::move(decision), *row);
    const std::vector<const UsageRow*> left = MayBe(doubt);
    if (left.size() == 1 && IsAlone(doubt, *left.front())) return Bind(std::move(decision), *left.front());
    if (left.empty() && CountsAsAbsent(doubt)) decision.kind = UsageDecision::Kind::kNotTaken;
    return decision;
  }

 private:
  static UsageDecision Bind(UsageDecision decision, const UsageRow& row) {
    decision.kind = UsageDecision::Kind::kBound;
    decision.upstream_task_id = row.task_id;
    decision.time = row.time;
    return decision;
  }

  // The log should list the task and does not.
  bool IsMissing(const GenerationTask& task) const {
    const bool due = task.submit_time + skew_.most + facts_.lag < facts_.now;
    const bool reached = task.create_time + skew_.least - facts_.lag > facts_.log.reaches_back_to;
    const bool of_other_key = !task.sent_key_id.empty() && task.sent_key_id != facts_.log.key_id;
    return due && reached && !of_other_key && facts_.known.count(task.upstream_task_id) == 0;
  }

  const UsageFacts::Shown* ShownOf(const UsageRow& row) const {
    const auto shown = facts_.shown.find(row.task_id);
    return row.task_id.empty() || shown == facts_.shown.end() ? nullptr : &shown->second;
  }

  // The one row whose task shows the seed that only this doubt has. Null: none, or several.
  const UsageRow* OfTag(const GenerationTask& doubt) const {
    if (!doubt.sent_seed.has_value()) return nullptr;
    const UsageRow* found = nullptr;
    for (const UsageRow* row : unclaimed_) {
      const UsageFacts::Shown* shown = ShownOf(*row);
      if (shown == nullptr || shown->facts.seed != doubt.sent_seed) continue;
      if (found != nullptr && found->task_id != row->task_id) return nullptr;
      found = row;
    }
    const bool shared = std::any_of(facts_.doubts.begin(), facts_.doubts.end(), [&doubt](const GenerationTask& other) {
      return other.id != doubt.id && (other.sent_seed == doubt.sent_seed || other.request.seed == doubt.sent_seed);
    });
    return shared ? nullptr : found;
  }

  // Unclaimed rows that may be the doubt's: those of its window but for what shows another seed. A row's model says
  // nothing: an alias may be moved to another.
  std::vector<const UsageRow*> MayBe(const GenerationTask& doubt) const {
    const Window window = WindowOf(doubt, facts_, skew_);
    const bool tells_seeds = doubt.sent_seed.has_value() && TellsSeeds(facts_, doubt.request.model);
    std::vector<const UsageRow*> rows;
    for (const UsageRow* row : unclaimed_) {
      if (!IsIn(window, *row)) continue;
      const UsageFacts::Shown* shown = ShownOf(*row);
      const std::optional<int64_t> seed = shown == nullptr ? std::nullopt : FinalSeed(*shown);
      if (!tells_seeds || !seed.has_value() || seed == doubt.sent_seed) rows.push_back(row);
    }
    return rows;
  }

  // Whether an unclaimed row can be nothing but the doubt: the key is nobody else's, the vendor has answered about it,
  // and no other doubt, present or past, and no task on its way fits.
  bool IsAlone(const GenerationTask& doubt, const UsageRow& row) const {
    const UsageFacts::Shown* shown = ShownOf(row);
    if (!facts_.exclusive_key || !IsOfThisKey(doubt)) return false;
    if (shown == nullptr || Contradicts(shown->facts, doubt)) return false;
    if (row.time == absl::InfinitePast() || !MayBeOfModel(row, doubt.request.model, names_)) return false;
    // It may still come to show its seed, which decides then.
    if (doubt.sent_seed.has_value() && !shown->ended && TellsSeeds(facts_, doubt.request.model)) return false;
    const auto fits = [&](const GenerationTask& other) {
      return other.id != doubt.id && IsIn(WindowOf(other, facts_, skew_), row);
    };
    return std::none_of(facts_.doubts.begin(), facts_.doubts.end(), fits) &&
           std::none_of(facts_.former.begin(), facts_.former.end(), fits) &&
           std::none_of(facts_.sent.begin(), facts_.sent.end(), [&](const GenerationTask& other) {
             return row.time >= other.create_time + skew_.least - facts_.lag;
           });
  }

  // Whether the log is of the key that the doubt was sent with, which may have been replaced since.
  bool IsOfThisKey(const GenerationTask& doubt) const {
    return !doubt.sent_key_id.empty() && doubt.sent_key_id == facts_.log.key_id;
  }

  bool CountsAsAbsent(const GenerationTask& doubt) const {
    const Window window = WindowOf(doubt, facts_, skew_);
    return skew_.shown && lists_all_ && lists_running_ && facts_.now > window.until &&
           facts_.log.reaches_back_to < window.since && IsOfThisKey(doubt) &&
           newest_known_ > doubt.update_time + facts_.taken_within;
  }

  const UsageFacts& facts_;
  const ModelNames names_;
  const Skew skew_;
  std::vector<const UsageRow*> unclaimed_;
  absl::Time newest_known_ = absl::InfinitePast();  // Our time of its creation: the vendor's clock may be ahead.
  bool lists_all_ = false;
  const bool lists_running_;
};

// The vendor has shown what the task will ever show.
bool IsShown(const std::string& id, const UsageFacts& facts) {
  const auto shown = facts.shown.find(id);
  return shown != facts.shown.end() && shown->second.ended;
}

bool IsInSomeWindow(const UsageRow& row, const UsageFacts& facts, const Skew& skew) {
  return std::any_of(facts.doubts.begin(), facts.doubts.end(),
                     [&](const GenerationTask& doubt) { return IsIn(WindowOf(doubt, facts, skew), row); });
}

}  // namespace

std::vector<std::string> IdsToAsk(const UsageFacts& facts) {
  std::set<std::string> ids;
  std::map<std::string, size_t> known;  // By model.
  size_t running = facts.listed_running ? kKnownToAsk : 0;
  const Skew skew = SkewOf(facts);
  for (const UsageRow& row : facts.log.rows) {
    if (!IsTaskRow(row) || row.task_id.empty()) continue;
    const auto task = facts.known.find(row.task_id);
    if (task != facts.known.end()) {
      if (!model::IsTerminal(task->second.state)) {
        if (running++ >= kKnownToAsk) continue;
      } else if (!task->second.sent_seed.has_value() || known[task->second.request.model]++ >= kKnownToAsk) {
        continue;
      }
    } else if (IsClaimed(row, facts) || !IsInSomeWindow(row, facts, skew)) {
      continue;
    }
    if (!IsShown(row.task_id, facts)) ids.insert(row.task_id);
  }
  return {ids.begin(), ids.end()};
}

bool ListsRunning(const UsageFacts& facts) {
  return std::any_of(facts.log.rows.begin(), facts.log.rows.end(), [&facts](const UsageRow& row) {
    const auto shown = facts.shown.find(row.task_id);
    return IsTaskRow(row) && shown != facts.shown.end() && !shown->second.ended;
  });
}

std::vector<UsageDecision> DecideByUsage(const UsageFacts& facts) {
  const LogJudge judge(facts);
  std::vector<UsageDecision> decisions;
  std::map<std::string, int> uses;
  for (const GenerationTask& doubt : facts.doubts) {
    decisions.push_back(judge.Decide(doubt));
    if (decisions.back().kind == UsageDecision::Kind::kBound) ++uses[decisions.back().upstream_task_id];
  }
  // What two doubts claim is proven for neither.
  for (UsageDecision& decision : decisions) {
    if (decision.kind == UsageDecision::Kind::kBound && uses[decision.upstream_task_id] > 1) {
      decision = {decision.task, UsageDecision::Kind::kOpen, "", absl::InfinitePast()};
    }
  }
  return decisions;
}

std::optional<int64_t> QuotaOf(const upstream::UsageLog& log, const std::string& upstream_task_id) {
  int64_t sum = 0;
  bool billed = false;
  for (const UsageRow& row : log.rows) {
    if (row.task_id != upstream_task_id || row.kind == UsageRow::Kind::kOther) continue;
    // Newest first: the last settlement counts, but for what came after it.
    if (row.actual_quota.has_value()) return std::max<int64_t>(sum + *row.actual_quota, 0);
    billed = billed || row.kind == UsageRow::Kind::kConsumption;
    sum += row.kind == UsageRow::Kind::kRefund ? -row.quota : row.quota;
  }
  // A refund alone: what it refunds is older than the log shows.
  if (!billed) return std::nullopt;
  return std::max<int64_t>(sum, 0);
}

}  // namespace seedance::engine
