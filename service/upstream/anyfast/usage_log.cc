#include "service/upstream/anyfast/usage_log.h"

#include <algorithm>
#include <utility>

#include "service/model/names.h"
#include "service/upstream/json_node.h"
#include "service/upstream/json_time.h"

namespace seedance::upstream {
namespace {

// Tolerated clock difference between servers of a vendor in a log that counts as newest first.
constexpr absl::Duration kDisorder = absl::Minutes(1);

// The sum over any possible log does not overflow.
constexpr int64_t kMostQuota = 1'000'000'000'000;

constexpr int64_t kConsumeType = 2;
constexpr int64_t kRefundType = 6;

UsageRow::Kind KindOf(const JsonNode& row) {
  const std::optional<int64_t> type = row["type"].Integer();
  if (type == kConsumeType) return UsageRow::Kind::kConsumption;
  return type == kRefundType ? UsageRow::Kind::kRefund : UsageRow::Kind::kOther;
}

int64_t Bounded(int64_t quota) { return std::clamp<int64_t>(quota, 0, kMostQuota); }

UsageRow ReadRow(const JsonNode& node) {
  UsageRow row;
  row.kind = KindOf(node);
  // A row without a time may be in any window.
  row.time = ReadTime(node["created_at"]).value_or(absl::InfinitePast());
  row.model = node["model_name"].Text();
  row.quota = Bounded(node["quota"].Integer().value_or(0));
  const JsonNode text = node["other"];
  const JsonNode other = text.IsText() ? JsonNode::Parse(text.Text()) : text;
  row.path = other["request_path"].Text();
  row.is_task = other["is_task"].Truth() == true;
  row.task_id = other["task_id"].Text();
  if (!model::IsUpstreamId(row.task_id)) row.task_id.clear();
  if (const std::optional<int64_t> actual = other["actual_quota"].Integer()) row.actual_quota = Bounded(*actual);
  return row;
}

// For rows in the vendor's order. The family truncates its log to 1,000 rows, forks to 100 or to a page of 10: no
// number of rows proves completeness.
absl::Time ReachOf(const std::vector<UsageRow>& rows) {
  absl::Time oldest = absl::InfiniteFuture();
  for (const UsageRow& row : rows) {
    if (row.time == absl::InfinitePast()) continue;
    // Not newest first: the log may be truncated anywhere.
    if (row.time > oldest + kDisorder) return absl::InfiniteFuture();
    oldest = std::min(oldest, row.time);
  }
  return oldest;
}

}  // namespace

std::optional<UsageLog> ReadUsageLog(const std::string& body) {
  const JsonNode root = JsonNode::Parse(body);
  const JsonNode data = root["data"];
  if (root["success"].Truth() != true || !(data.IsArray() || (data.exists() && !data.IsObject()))) return std::nullopt;
  UsageLog log;
  for (size_t i = 0; i < data.size(); ++i) log.rows.push_back(ReadRow(data[i]));
  log.reaches_back_to = ReachOf(log.rows);
  // An unreadable row may belong to any task: such a log proves no absence.
  for (size_t i = 0; i < data.size(); ++i) {
    if (!data[i].IsObject()) log.reaches_back_to = absl::InfiniteFuture();
  }
  std::stable_sort(log.rows.begin(), log.rows.end(),
                   [](const UsageRow& left, const UsageRow& right) { return left.time > right.time; });
  return log;
}

}  // namespace seedance::upstream
