#include "tests/sandbox/anyfast/log.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "tests/sandbox/anyfast/errors.h"
#include "tests/sandbox/world/json.h"

namespace seedance::sandbox {
namespace {

constexpr int kConsume = 2;
constexpr int kError = 5;
constexpr int kRefund = 6;
constexpr absl::Duration kLimitTime = absl::Minutes(20);
// 500,000 are a dollar.
constexpr int64_t kQuotaOfSecond = 50'000;
constexpr int64_t kQuotaOfAsset = 500;

const char* PathOf(const std::string& action) {
  if (action == "CreateTask") return "/v1/video/generations";
  return action == "CreateAsset" ? "/volc/asset/CreateAsset" : "/volc/asset/CreateAssetGroup";
}

struct LogRow {
  int type;
  absl::Time time;
  const LedgerRow* row;
};

Json Shown(const LogRow& each, const std::optional<Task>& task, const UsageLogOptions& options, size_t number) {
  if (options.damage == "null" && number % 2 == 0) return nullptr;
  const LedgerRow& row = *each.row;
  const bool is_task = row.action == "CreateTask";
  const int64_t price = task.has_value() ? task->duration * kQuotaOfSecond : kQuotaOfAsset;
  Json other = {{"request_path", PathOf(row.action)}};
  if (is_task) other["is_task"] = true;
  if (is_task && options.task_ids && !row.resource.empty()) other["task_id"] = row.resource;
  Json json = {{"id", number},
               {"created_at", absl::ToUnixSeconds(each.time)},
               {"type", each.type},
               {"content", ""},
               {"token_name", "sandbox"},
               {"model_name", row.model},
               {"quota", each.type == kError ? 0 : price},
               {"use_time", 1},
               {"group", "default"},
               {"other", Dump(other)}};
  if (options.damage == "untimed") json.erase("created_at");
  return json;
}

}  // namespace

ApiReply AnyFastLog::Read(const std::string& key) {
  const absl::Time now = shared_.clock.Now();
  if (!MayRead(now)) return GatewayError(429, "too many reads of the log", "new_api_error", "too_many_requests");
  for (const Task& task : shared_.world.TakeUnrefunded(now)) {
    shared_.ledger.Refund({0, task.key, "CreateTask", task.model, task.id, task.plan.ended});
  }
  const std::vector<LedgerRow> bills = shared_.ledger.Bills();
  const std::vector<LedgerRow> refunds = shared_.ledger.Refunds();
  const std::vector<LedgerRow> refusals = shared_.ledger.Refusals();
  std::vector<LogRow> rows;
  const UsageLogOptions& options = shared_.options.usage_log;
  const auto add = [&](int type, const std::vector<LedgerRow>& from) {
    for (const LedgerRow& row : from) {
      const std::optional<Task> task = shared_.world.FindTask(key, row.resource);
      const absl::Time time = options.at_end && task.has_value() ? task->plan.ended : row.time;
      if (options.mode == "on" && row.key == key && time + options.lag <= now) rows.push_back({type, time, &row});
    }
  };
  if (options.rows == "all") add(kConsume, bills);
  add(kRefund, refunds);
  add(kError, refusals);
  std::stable_sort(rows.begin(), rows.end(),
                   [](const LogRow& left, const LogRow& right) { return left.time > right.time; });
  if (rows.size() > static_cast<size_t>(options.most_rows)) rows.resize(static_cast<size_t>(options.most_rows));
  Json data = Json::array();
  for (const LogRow& each : rows) {
    data.push_back(Shown(each, shared_.world.FindTask(key, each.row->resource), options, data.size() + 1));
  }
  return {200, Dump({{"success", true}, {"message", ""}, {"data", data}}), "application/json", {}};
}

bool AnyFastLog::MayRead(absl::Time now) {
  base::MutexLock lock(mutex_);
  while (!reads_.empty() && now - reads_.front() >= kLimitTime) reads_.pop_front();
  const int limit = shared_.options.usage_log.limit;
  if (limit > 0 && reads_.size() >= static_cast<size_t>(limit)) return false;
  reads_.push_back(now);
  return true;
}

}  // namespace seedance::sandbox
