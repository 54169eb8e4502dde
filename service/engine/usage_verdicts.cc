#include "service/engine/usage_verdicts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"

namespace seedance::engine {
namespace {

using model::GenerationTask;
using upstream::TaskFacts;
using upstream::UsageRow;

// The vendor's clock may be behind or ahead by so much more than its known tasks show; its times are whole seconds.
constexpr absl::Duration kClockSkew = absl::Minutes(2);
constexpr size_t kKnownToAsk = 2;

// When a row of a task may have been written, by the vendor's clock.
struct Window {
  absl::Time since;
  absl::Time until;
};

// How far the vendor's clock is from ours, at most, as its known tasks show.
struct Skew {
  absl::Duration behind = kClockSkew;
  absl::Duration ahead = kClockSkew;
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
    skew.behind = std::max(skew.behind, kClockSkew + (known->second.create_time - row.time));
    skew.ahead = std::max(skew.ahead, kClockSkew + (row.time - known->second.submit_time));
  }
  return skew;
}

Window WindowOf(const GenerationTask& doubt, const UsageFacts& facts, const Skew& skew) {
  return {doubt.create_time - skew.behind, doubt.update_time + facts.submit_timeout + facts.lag + skew.ahead};
}

std::optional<int64_t> SeedOf(const GenerationTask& task) {
  return task.sent_seed.has_value() ? task.sent_seed : task.request.seed;
}

// Whether the vendor shows of known tasks the seeds with which they were sent. Without one that shows it: no.
bool TellsSeeds(const UsageFacts& facts) {
  bool any = false;
  for (const auto& [id, task] : facts.known) {
    const auto shown = facts.shown.find(id);
    if (shown == facts.shown.end() || !shown->second.seed.has_value() || !task.sent_seed.has_value()) continue;
    if (*shown->second.seed != *task.sent_seed) return false;
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
class Judge {
 public:
  explicit Judge(const UsageFacts& facts)
      : facts_(facts), names_(NamesOf(facts)), skew_(SkewOf(facts)), tells_seeds_(TellsSeeds(facts)) {
    for (const UsageRow& row : facts.log.rows) {
      if (IsTaskRow(row) && !IsClaimed(row, facts)) unclaimed_.push_back(&row);
      const auto known = facts.known.find(row.task_id);
      if (known != facts.known.end()) newest_known_ = std::max(newest_known_, known->second.submit_time);
    }
    oldest_ = facts.log.complete || facts.log.rows.empty() ? absl::InfinitePast() : facts.log.rows.back().time;
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

  const TaskFacts* ShownOf(const UsageRow& row) const {
    const auto shown = facts_.shown.find(row.task_id);
    return row.task_id.empty() || shown == facts_.shown.end() ? nullptr : &shown->second;
  }

  // The one row whose task shows the seed that only this doubt has. Null: none, or several.
  const UsageRow* OfTag(const GenerationTask& doubt) const {
    if (!doubt.sent_seed.has_value()) return nullptr;
    const UsageRow* found = nullptr;
    for (const UsageRow* row : unclaimed_) {
      const TaskFacts* shown = ShownOf(*row);
      if (shown == nullptr || shown->seed != doubt.sent_seed) continue;
      if (found != nullptr && found->task_id != row->task_id) return nullptr;
      found = row;
    }
    const bool shared = std::any_of(facts_.doubts.begin(), facts_.doubts.end(), [&doubt](const GenerationTask& other) {
      return other.id != doubt.id && SeedOf(other) == doubt.sent_seed;
    });
    return shared ? nullptr : found;
  }

  // Unclaimed rows that may be the doubt's: those of its window but for what shows another seed.
  std::vector<const UsageRow*> MayBe(const GenerationTask& doubt) const {
    const Window window = WindowOf(doubt, facts_, skew_);
    std::vector<const UsageRow*> rows;
    for (const UsageRow* row : unclaimed_) {
      if (!IsIn(window, *row) || !MayBeOfModel(*row, doubt.request.model, names_)) continue;
      const TaskFacts* shown = ShownOf(*row);
      const std::optional<int64_t> seed = SeedOf(doubt);
      const bool other =
          tells_seeds_ && seed.has_value() && shown != nullptr && shown->seed.has_value() && shown->seed != seed;
      if (!other) rows.push_back(row);
    }
    return rows;
  }

  // Whether an unclaimed row can be nothing but the doubt: the key is nobody else's, the vendor has answered about it,
  // and no other doubt or task on its way fits.
  bool IsAlone(const GenerationTask& doubt, const UsageRow& row) const {
    const TaskFacts* shown = ShownOf(row);
    if (!facts_.exclusive_key || shown == nullptr || Contradicts(*shown, doubt)) return false;
    // It may still come to show its seed, which decides then.
    const bool awaited = doubt.sent_seed.has_value() && tells_seeds_ && !shown->seed.has_value();
    if (awaited || row.time == absl::InfinitePast()) return false;
    const auto fits = [&](const GenerationTask& other) {
      return other.id != doubt.id && MayBeOfModel(row, other.request.model, names_) &&
             IsIn(WindowOf(other, facts_, skew_), row);
    };
    return std::none_of(facts_.doubts.begin(), facts_.doubts.end(), fits) &&
           std::none_of(facts_.sent.begin(), facts_.sent.end(), [&](const GenerationTask& other) {
             return row.time >= other.create_time - skew_.behind && MayBeOfModel(row, other.request.model, names_);
           });
  }

  bool CountsAsAbsent(const GenerationTask& doubt) const {
    const bool settled = facts_.now > doubt.update_time + facts_.submit_timeout + facts_.lag;
    return settled && oldest_ < doubt.create_time - skew_.behind && newest_known_ > doubt.update_time;
  }

  const UsageFacts& facts_;
  const ModelNames names_;
  const Skew skew_;
  const bool tells_seeds_;
  std::vector<const UsageRow*> unclaimed_;
  absl::Time newest_known_ = absl::InfinitePast();
  absl::Time oldest_;
};

// Whether the vendor has shown the seed of the task, which never changes.
bool HasSeed(const std::string& id, const UsageFacts& facts) {
  const auto shown = facts.shown.find(id);
  return shown != facts.shown.end() && shown->second.seed.has_value();
}

bool IsInSomeWindow(const UsageRow& row, const UsageFacts& facts, const Skew& skew) {
  return std::any_of(facts.doubts.begin(), facts.doubts.end(),
                     [&](const GenerationTask& doubt) { return IsIn(WindowOf(doubt, facts, skew), row); });
}

}  // namespace

std::vector<std::string> IdsToAsk(const UsageFacts& facts) {
  std::set<std::string> ids;
  size_t known = 0;
  const Skew skew = SkewOf(facts);
  for (const UsageRow& row : facts.log.rows) {
    if (!IsTaskRow(row) || row.task_id.empty()) continue;
    const auto task = facts.known.find(row.task_id);
    if (task != facts.known.end()) {
      // One that has ended: the vendor shows all of it.
      if (!task->second.sent_seed.has_value() || !model::IsTerminal(task->second.state) || known == kKnownToAsk)
        continue;
      ++known;
    } else if (IsClaimed(row, facts) || !IsInSomeWindow(row, facts, skew)) {
      continue;
    }
    if (!HasSeed(row.task_id, facts)) ids.insert(row.task_id);
  }
  return {ids.begin(), ids.end()};
}

std::vector<UsageDecision> DecideByUsage(const UsageFacts& facts) {
  const Judge judge(facts);
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
