#include "service/store/sql/call_rows.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/store/record.h"
#include "service/store/sql/asset_claims.h"
#include "service/store/sql/columns.h"
#include "service/store/sql/task_rows.h"

namespace seedance::store::sql {
namespace {

using model::JournalEntry;
using model::JournalState;

void WriteCall(Session& session, const JournalEntry& call, bool for_task) {
  Query(session,
        "INSERT INTO billed_calls (tenant, method, request_id, state, for_task, task_id, update_micros, body) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, method, request_id) DO UPDATE SET "
        "state = excluded.state, for_task = excluded.for_task, task_id = excluded.task_id, "
        "update_micros = excluded.update_micros, body = excluded.body")
      .Text(call.key.tenant)
      .Text(call.key.method)
      .Text(call.key.request_id)
      .Int(static_cast<int>(call.state))
      .Int(for_task ? 1 : 0)
      .Text(TaskIdOf(call))
      .Int(absl::ToUnixMicros(call.update_time))
      .Bytes(SerializeEntry(call))
      .Run();
}

void RewriteCall(Session& session, const JournalEntry& call) {
  Query(session,
        "UPDATE billed_calls SET state = $1, update_micros = $2, body = $3 "
        "WHERE tenant = $4 AND method = $5 AND request_id = $6")
      .Int(static_cast<int>(call.state))
      .Int(absl::ToUnixMicros(call.update_time))
      .Bytes(SerializeEntry(call))
      .Text(call.key.tenant)
      .Text(call.key.method)
      .Text(call.key.request_id)
      .Run();
}

// The entry; NOT_FOUND when there is none.
absl::StatusOr<JournalEntry> RequireCall(Session& session, const model::JournalKey& key) {
  absl::StatusOr<std::optional<JournalEntry>> row = ReadCall(session, key);
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    return base::ResourceNotFound("JournalEntry", absl::StrCat("call ", key.method, " ", key.request_id));
  }
  return **std::move(row);
}

bool CameToNothing(Session& session, const JournalEntry& row) {
  if (row.state == JournalState::kNotAccepted) return true;
  if (TaskIdOf(row).empty()) return false;
  const absl::StatusOr<model::GenerationTask> task = ReadTask(session, TaskIdOf(row));
  return task.ok() && model::WasDisowned(*task);
}

absl::StatusOr<std::vector<JournalEntry>> EntriesOf(Query& query) {
  std::vector<JournalEntry> calls;
  while (query.Step()) {
    absl::StatusOr<JournalEntry> call = ParseEntry(query.BytesAt(0));
    if (!call.ok()) return call.status();
    calls.push_back(*std::move(call));
  }
  return calls;
}

}  // namespace

absl::StatusOr<std::optional<JournalEntry>> ReadCall(Session& session, const model::JournalKey& key) {
  Query query(session, "SELECT body FROM billed_calls WHERE tenant = $1 AND method = $2 AND request_id = $3");
  query.Text(key.tenant).Text(key.method).Text(key.request_id);
  if (!query.Step()) return std::optional<JournalEntry>();
  absl::StatusOr<JournalEntry> call = ParseEntry(query.BytesAt(0));
  if (!call.ok()) return call.status();
  return std::optional<JournalEntry>(*std::move(call));
}

absl::StatusOr<Store::Begun> BeginEntry(Session& session, const JournalEntry& call, const model::GenerationTask* task) {
  absl::StatusOr<std::optional<JournalEntry>> row = ReadCall(session, call.key);
  if (!row.ok()) return row.status();
  Store::Begun begun;
  begun.existing = *std::move(row);
  const bool may_try_again = begun.existing.has_value() && CameToNothing(session, *begun.existing) &&
                             model::FirstDifferenceFromJournal(begun.existing->fingerprint, call.fingerprint).empty();
  if (begun.existing.has_value() && !may_try_again) return begun;
  begun.existing.reset();
  if (call.claim.has_value() && call.state == JournalState::kInFlight) {
    begun.conflict = MakeClaim(session, model::TextOf(call.key), *call.claim, call.create_time, absl::InfiniteFuture());
    if (begun.conflict.has_value()) return begun;
  }
  WriteCall(session, call, !call.resource_name.empty());
  if (task != nullptr) {
    begun.task = *task;
    InsertTask(session, *begun.task);
  }
  return begun;
}

absl::Status EndCall(Session& session, const JournalEntry& call, absl::FunctionRef<bool(int64_t sender)> is_own,
                     bool written) {
  absl::StatusOr<JournalEntry> row = RequireCall(session, call.key);
  if (!row.ok()) return row.status();
  if (row->state == JournalState::kInFlight && !is_own(row->sender)) {
    return absl::AbortedError("another process sends the request");
  }
  row->state = call.state;
  row->resource_name = call.resource_name;
  row->error = call.error;
  row->update_time = call.update_time;
  // An upload knows more about its asset at the end than at the start.
  if (call.asset.has_value()) row->asset = call.asset;
  RewriteCall(session, *row);
  const bool kept = call.state == JournalState::kInDoubt || (call.state == JournalState::kDone && !written);
  if (kept) {
    EndClaimAt(session, model::TextOf(call.key), call.update_time + Store::kClaimInDoubt);
  } else {
    DropClaim(session, model::TextOf(call.key));
  }
  return absl::OkStatus();
}

absl::Status ExtendFingerprint(Session& session, const model::JournalKey& key, const model::Fingerprint& more) {
  absl::StatusOr<JournalEntry> row = RequireCall(session, key);
  if (!row.ok()) return row.status();
  row->fingerprint.insert(row->fingerprint.end(), more.begin(), more.end());
  RewriteCall(session, *row);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<JournalEntry>> ListEntriesInFlight(Session& session) {
  // A literal, because the partial index is used only if the statement repeats its condition.
  static_assert(static_cast<int>(JournalState::kInFlight) == 1);
  Query query(session, "SELECT body FROM billed_calls WHERE state = 1 AND for_task = 0");
  return EntriesOf(query);
}

absl::StatusOr<int> DoubtInFlightEntries(Session& session, const std::set<int64_t>& live, const std::string& error,
                                         absl::Time now) {
  absl::StatusOr<std::vector<JournalEntry>> calls = ListEntriesInFlight(session);
  if (!calls.ok()) return calls.status();
  std::erase_if(*calls, [&](const JournalEntry& call) { return live.count(call.sender) > 0; });
  for (JournalEntry& call : *calls) {
    call.state = JournalState::kInDoubt;
    call.error = error;
    call.update_time = now;
    RewriteCall(session, call);
    EndClaimAt(session, model::TextOf(call.key), now + Store::kClaimInDoubt);
  }
  return static_cast<int>(calls->size());
}

absl::StatusOr<std::vector<JournalEntry>> ListEntriesInDoubt(Session& session, int limit) {
  static_assert(static_cast<int>(JournalState::kInDoubt) == 5);
  Query query(session, "SELECT body FROM billed_calls WHERE state = 5 ORDER BY update_micros LIMIT $1");
  query.Int(limit);
  return EntriesOf(query);
}

int PurgeEntries(Session& session, absl::Time before, int limit) {
  static_assert(static_cast<int>(JournalState::kRefused) == 3);
  static_assert(static_cast<int>(JournalState::kNotAccepted) == 4);
  return Query(session,
               "DELETE FROM billed_calls WHERE (tenant, method, request_id) IN "
               "(SELECT tenant, method, request_id FROM billed_calls WHERE update_micros < $1 AND (state IN (3, 4) OR "
               "(task_id <> '' AND NOT EXISTS (SELECT 1 FROM tasks WHERE id = task_id))) LIMIT $2)")
      .Int(absl::ToUnixMicros(before))
      .Int(limit)
      .Run();
}

}  // namespace seedance::store::sql
