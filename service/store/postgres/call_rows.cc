#include "service/store/postgres/call_rows.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/store/columns.h"
#include "service/store/postgres/asset_claims.h"
#include "service/store/postgres/task_rows.h"
#include "service/store/record.h"

namespace seedance::store::postgres {
namespace {

using model::JournalEntry;
using model::JournalState;

void WriteCall(Connection& connection, const JournalEntry& call, bool for_task) {
  Query(connection,
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

void RewriteCall(Connection& connection, const JournalEntry& call) {
  Query(connection,
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
absl::StatusOr<JournalEntry> RequireCall(Connection& connection, const model::JournalKey& key) {
  absl::StatusOr<std::optional<JournalEntry>> row = ReadCall(connection, key);
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    return base::ResourceNotFound("JournalEntry", absl::StrCat("call ", key.method, " ", key.request_id));
  }
  return **std::move(row);
}

}  // namespace

absl::StatusOr<std::optional<JournalEntry>> ReadCall(Connection& connection, const model::JournalKey& key) {
  Query query(connection, "SELECT body FROM billed_calls WHERE tenant = $1 AND method = $2 AND request_id = $3");
  query.Text(key.tenant).Text(key.method).Text(key.request_id);
  if (!query.Step()) return std::optional<JournalEntry>();
  absl::StatusOr<JournalEntry> call = ParseEntry(query.BytesAt(0));
  if (!call.ok()) return call.status();
  return std::optional<JournalEntry>(*std::move(call));
}

absl::StatusOr<Store::Begun> BeginEntry(Connection& connection, const JournalEntry& call,
                                        const model::GenerationTask* task) {
  absl::StatusOr<std::optional<JournalEntry>> row = ReadCall(connection, call.key);
  if (!row.ok()) return row.status();
  Store::Begun begun;
  begun.existing = *std::move(row);
  const bool may_try_again = begun.existing.has_value() && begun.existing->state == JournalState::kNotAccepted &&
                             model::FirstDifferenceFromJournal(begun.existing->fingerprint, call.fingerprint).empty();
  if (begun.existing.has_value() && !may_try_again) return begun;
  begun.existing.reset();
  if (call.claim.has_value() && call.state == JournalState::kInFlight) {
    begun.conflict =
        MakeClaim(connection, model::TextOf(call.key), *call.claim, call.create_time, absl::InfiniteFuture());
    if (begun.conflict.has_value()) return begun;
  }
  WriteCall(connection, call, !call.resource_name.empty());
  if (task != nullptr) {
    begun.task = *task;
    InsertTask(connection, *begun.task);
  }
  return begun;
}

absl::Status EndCall(Connection& connection, const JournalEntry& call, bool written) {
  absl::StatusOr<JournalEntry> row = RequireCall(connection, call.key);
  if (!row.ok()) return row.status();
  row->state = call.state;
  row->resource_name = call.resource_name;
  row->error = call.error;
  row->update_time = call.update_time;
  // An upload knows more about its asset at the end than at the start.
  if (call.asset.has_value()) row->asset = call.asset;
  RewriteCall(connection, *row);
  const bool kept = call.state == JournalState::kInDoubt || (call.state == JournalState::kDone && !written);
  if (kept) {
    EndClaimAt(connection, model::TextOf(call.key), call.update_time + Store::kClaimInDoubt);
  } else {
    DropClaim(connection, model::TextOf(call.key));
  }
  return absl::OkStatus();
}

absl::Status ExtendFingerprint(Connection& connection, const model::JournalKey& key, const model::Fingerprint& more) {
  absl::StatusOr<JournalEntry> row = RequireCall(connection, key);
  if (!row.ok()) return row.status();
  row->fingerprint.insert(row->fingerprint.end(), more.begin(), more.end());
  RewriteCall(connection, *row);
  return absl::OkStatus();
}

absl::StatusOr<int> DoubtInFlightEntries(Connection& connection, const std::string& error, absl::Time now) {
  // A literal, because the partial index is used only if the statement repeats its condition.
  static_assert(static_cast<int>(JournalState::kInFlight) == 1);
  std::vector<JournalEntry> calls;
  {
    Query query(connection, "SELECT body FROM billed_calls WHERE state = 1 AND for_task = 0");
    while (query.Step()) {
      absl::StatusOr<JournalEntry> call = ParseEntry(query.BytesAt(0));
      if (!call.ok()) return call.status();
      calls.push_back(*std::move(call));
    }
  }
  for (JournalEntry& call : calls) {
    call.state = JournalState::kInDoubt;
    call.error = error;
    call.update_time = now;
    RewriteCall(connection, call);
    EndClaimAt(connection, model::TextOf(call.key), now + Store::kClaimInDoubt);
  }
  return static_cast<int>(calls.size());
}

absl::StatusOr<std::vector<JournalEntry>> ListEntriesInDoubt(Connection& connection, int limit) {
  static_assert(static_cast<int>(JournalState::kInDoubt) == 5);
  Query query(connection, "SELECT body FROM billed_calls WHERE state = 5 ORDER BY update_micros LIMIT $1");
  query.Int(limit);
  std::vector<JournalEntry> calls;
  while (query.Step()) {
    absl::StatusOr<JournalEntry> call = ParseEntry(query.BytesAt(0));
    if (!call.ok()) return call.status();
    calls.push_back(*std::move(call));
  }
  return calls;
}

int PurgeEntries(Connection& connection, absl::Time before, int limit) {
  static_assert(static_cast<int>(JournalState::kRefused) == 3);
  static_assert(static_cast<int>(JournalState::kNotAccepted) == 4);
  return Query(
             connection,
             "DELETE FROM billed_calls WHERE ctid = ANY(ARRAY(SELECT ctid FROM billed_calls WHERE update_micros < $1 "
             "AND "
             "(state IN (3, 4) OR (task_id <> '' AND NOT EXISTS (SELECT 1 FROM tasks WHERE id = task_id))) LIMIT $2))")
      .Int(absl::ToUnixMicros(before))
      .Int(limit)
      .Run();
}

}  // namespace seedance::store::postgres
