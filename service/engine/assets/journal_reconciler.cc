#include "service/engine/assets/journal_reconciler.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/engine/journal/journal_errors.h"
#include "service/upstream/request_outcome.h"

namespace seedance::engine {
namespace {

constexpr size_t kMostCandidates = 20;

// Which creation of the asset the row is of; 0: the row is of another kind.
int NumberOf(const model::JournalEntry& row) {
  int number = 0;
  const size_t mark = row.key.request_id.rfind('#');
  if (!IsRecreation(row) || mark == std::string::npos) return 0;
  return absl::SimpleAtoi(row.key.request_id.substr(mark + 1), &number) ? number : 0;
}

absl::Status NotInDoubt(const model::JournalEntry& row) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kCreationNotInDoubt;
  return base::MakeError(
      absl::StrCat("nothing is in doubt about ", row.key.method, " with request_id ", row.key.request_id), detail);
}

absl::Status NoUpstream() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUnsupportedByUpstream;
  return base::MakeError(
      "the upstream of this creation is not configured for the tenant, or the journal of an older version does not "
      "name "
      "it: only not_accepted can settle it",
      detail);
}

absl::Status OthersInDoubt(const std::string& upstream) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kSharedCredentials;
  return base::MakeError(absl::StrCat("creations of other tenants are in flight to upstream ", upstream,
                                      ", or in doubt there, with the same credentials: what the vendor has may be "
                                      "theirs; retry when they are settled"),
                         detail);
}

bool IsBefore(const model::JournalEntry& row, const model::PageCursor& cursor) {
  if (cursor.at_start()) return true;
  return std::pair(absl::ToUnixMicros(row.create_time), TextOf(row.key)) < std::pair(cursor.create_micros, cursor.id);
}

bool IsNewer(const model::JournalEntry& left, const model::JournalEntry& right) {
  return std::pair(absl::ToUnixMicros(left.create_time), TextOf(left.key)) >
         std::pair(absl::ToUnixMicros(right.create_time), TextOf(right.key));
}

}  // namespace

JournalReconciler::JournalReconciler(const AssetDependencies& with, AssetRecreation& recreation)
    : store_(with.store),
      journal_(with.journal),
      tracker_(with.tracker),
      clock_(with.clock),
      search_(store_, with.accounts, journal_, clock_, with.random),
      recreation_(recreation),
      schedule_(clock_, [this](const std::string& text) { OnDue(text); }) {}

absl::Status JournalReconciler::TakeUp() {
  const absl::StatusOr<std::vector<model::JournalEntry>> rows =
      store_.ListEntriesInDoubt(std::numeric_limits<int>::max());
  if (!rows.ok()) return rows.status();
  for (const model::JournalEntry& row : *rows) Plan(row, /*at_once=*/true);
  return absl::OkStatus();
}

void JournalReconciler::Plan(const model::JournalEntry& row, bool at_once) {
  if (IsRecreation(row) && row.asset.has_value()) {
    base::MutexLock lock(mutex_);
    recreations_[row.asset->name()].insert(row.key);
  }
  if (search_.AccountOf(row) != nullptr && IsNeeded(row)) schedule_.Add(TextOf(row.key), at_once);
}

void JournalReconciler::OnDue(const std::string& text) {
  const model::JournalKey key = model::KeyOfText(text);
  const std::optional<model::Asset> seen = SeenAssetOf(key);
  if (!seen.has_value()) {
    return journal_.LookAgain(key, [this, text](const absl::StatusOr<bool>& over) {
      if (upstream::WasPutOff(over.status())) return schedule_.PutOff(text, over.status());
      schedule_.Done(text, over.value_or(false));
    });
  }
  const bool settled = EndUnneeded(key);
  if (settled) {
    base::MutexLock lock(mutex_);
    recreations_[seen->name()].erase(key);
  }
  schedule_.Done(text, settled);
}

std::optional<model::Asset> JournalReconciler::SeenAssetOf(const model::JournalKey& key) {
  if (key.method != model::kRecreateAsset) return std::nullopt;
  const auto row = store_.GetEntry(key);
  if (!row.ok() || !row->has_value() || !(*row)->asset.has_value()) return std::nullopt;
  absl::StatusOr<model::Asset> asset = store_.GetAsset((*row)->asset->handle);
  if (!asset.ok() || asset->state != model::AssetState::kActive) return std::nullopt;
  return *std::move(asset);
}

bool JournalReconciler::EndUnneeded(const model::JournalKey& key) {
  const absl::Status settled = journal_.Settle(key, std::nullopt).status();
  return settled.ok() || absl::IsNotFound(settled) || base::GetReason(settled) == base::Reason::kCreationNotInDoubt;
}

bool JournalReconciler::IsNeeded(const model::JournalEntry& row) {
  if (!IsRecreation(row)) return true;
  const absl::StatusOr<model::Asset> asset = store_.GetAsset(row.asset->handle);
  return asset.ok() && asset->state == model::AssetState::kExpired;
}

void JournalReconciler::Look(const model::JournalEntry& row, Journal::Looked done) {
  VendorAccount* account = search_.AccountOf(row);
  if (account == nullptr) return done(std::nullopt);
  // Shared, because a refused submission drops what it was given.
  auto shared = std::make_shared<Journal::Looked>(std::move(done));
  // A caller who repeats the request waits for what comes of it: not for the end of a cooldown.
  const bool taken = account->TryRead(
      row.key.tenant, [this, row, account, shared](RequestSlot&) { Finish(row, *account, std::move(*shared)); },
      [shared](const absl::Status& why) { (*shared)(why); }, /*patient=*/false);
  if (!taken) (*shared)(std::nullopt);
}

void JournalReconciler::Finish(const model::JournalEntry& row, VendorAccount& account, Journal::Looked done) {
  absl::StatusOr<std::optional<Journal::Found>> found = search_.Look(row, account);
  const bool settled = found.ok() && found->has_value();
  base::Log(settled ? base::LogLevel::kWarning : base::LogLevel::kInfo,
            settled ? "billed_call_found" : "billed_call_not_found",
            {{"tenant", row.key.tenant},
             {"method", row.key.method},
             {"request_id", row.key.request_id},
             {"upstream", account.name()},
             {"resource", settled ? (*found)->name() : ""},
             {"cause", std::string(found.status().message())}});
  if (!settled) return done(std::move(found));
  const Journal::Found made = **found;
  done(*std::move(found));
  OnFound(row, made);
}

void JournalReconciler::OnFound(const model::JournalEntry& row, const Journal::Found& found) {
  // Only what was written is followed.
  if (found.asset.has_value() && store_.GetAsset(found.asset->handle).ok()) tracker_.Track(*found.asset);
  if (found.again.has_value()) recreation_.Recreated(*row.asset, NumberOf(row), found.again->id);
}

void JournalReconciler::SeenActive(const model::Asset& asset) {
  std::set<model::JournalKey> keys;
  {
    base::MutexLock lock(mutex_);
    const auto found = recreations_.find(asset.name());
    if (found == recreations_.end()) return;
    keys = std::move(found->second);
    recreations_.erase(found);
  }
  for (const model::JournalKey& key : keys) {
    // The asset can be used: whatever that creation made is not needed, and the next one may be sent.
    if (EndUnneeded(key)) continue;
    {
      base::MutexLock lock(mutex_);
      recreations_[asset.name()].insert(key);
    }
    // It is being looked for just now, or the store failed; and the vendor may not be asked about the asset again.
    schedule_.Add(TextOf(key), /*at_once=*/false);
  }
}

void JournalReconciler::List(const CallContext& context, const ListCreationsParams& params,
                             Done<model::Page<model::JournalEntry>> done) {
  absl::StatusOr<std::vector<model::JournalEntry>> rows = journal_.InDoubt();
  if (!rows.ok()) return done(rows.status());
  std::erase_if(*rows, [&](const model::JournalEntry& row) {
    return row.key.tenant != context.tenant || !IsBefore(row, params.after);
  });
  std::sort(rows->begin(), rows->end(), IsNewer);
  model::Page<model::JournalEntry> page;
  const size_t size = std::min(rows->size(), static_cast<size_t>(params.page_size));
  page.items.assign(std::make_move_iterator(rows->begin()),
                    std::make_move_iterator(rows->begin() + static_cast<std::ptrdiff_t>(size)));
  if (size < rows->size()) {
    const model::JournalEntry& last = page.items.back();
    page.next = {absl::ToUnixMicros(last.create_time), TextOf(last.key)};
  }
  done(std::move(page));
}

absl::StatusOr<model::JournalEntry> JournalReconciler::OwnRow(const CallContext& context,
                                                              const ReconcileCreationParams& params) {
  const absl::StatusOr<std::optional<model::JournalEntry>> row =
      store_.GetEntry({context.tenant, params.method, params.request_id});
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    return CreationNotFound({context.tenant, params.method, params.request_id});
  }
  const model::JournalState state = (*row)->state;
  const bool open = state == model::JournalState::kInDoubt || state == model::JournalState::kInFlight;
  return open ? absl::StatusOr<model::JournalEntry>(**row) : NotInDoubt(**row);
}

void JournalReconciler::Reconcile(const CallContext& context, const ReconcileCreationParams& params,
                                  Done<ReconciledCreation> done) {
  const absl::StatusOr<model::JournalEntry> row = OwnRow(context, params);
  if (!row.ok()) return done(row.status());
  if (params.not_accepted) return done(NotAccepted(*row));
  VendorAccount* account = search_.AccountOf(*row);
  if (account == nullptr) return done(NoUpstream());
  account->Read<ReconciledCreation>(
      context, std::move(done), [this, row = *row, params, account](Done<ReconciledCreation> answer) {
        answer(params.upstream_id.has_value() ? Bind(row, *params.upstream_id, *account) : Search(row, *account));
      });
}

absl::StatusOr<ReconciledCreation> JournalReconciler::Search(const model::JournalEntry& row, VendorAccount& account) {
  absl::StatusOr<std::optional<Journal::Found>> found = search_.Look(row, account);
  if (!found.ok()) return found.status();
  ReconciledCreation result{row, {}};
  if (found->has_value()) {
    absl::StatusOr<model::JournalEntry> settled = journal_.Settle(row.key, **found);
    if (!settled.ok()) return settled.status();
    OnFound(row, **found);
    result.call = *std::move(settled);
    return result;
  }
  const absl::StatusOr<bool> foreign = HasForeign(row, account);
  if (!foreign.ok()) return foreign.status();
  if (*foreign) return result;
  absl::StatusOr<std::vector<LookupCandidate>> candidates = search_.Candidates(row, account);
  if (!candidates.ok()) return candidates.status();
  std::stable_sort(candidates->begin(), candidates->end(),
                   [&row](const LookupCandidate& left, const LookupCandidate& right) {
                     const auto distance = [&row](const LookupCandidate& seen) {
                       return seen.create_time.has_value() ? absl::AbsDuration(*seen.create_time - row.update_time)
                                                           : absl::InfiniteDuration();
                     };
                     return distance(left) < distance(right);
                   });
  if (candidates->size() > kMostCandidates) candidates->resize(kMostCandidates);
  result.candidates = *std::move(candidates);
  return result;
}

absl::StatusOr<ReconciledCreation> JournalReconciler::Bind(const model::JournalEntry& row, const std::string& id,
                                                           VendorAccount& account) {
  const absl::StatusOr<Journal::Found> found = search_.AsTold(row, id, account);
  if (!found.ok()) return found.status();
  const absl::StatusOr<bool> foreign = HasForeign(row, account);
  if (!foreign.ok()) return foreign.status();
  if (*foreign) return OthersInDoubt(account.name());
  absl::StatusOr<model::JournalEntry> settled = journal_.Settle(row.key, *found);
  if (!settled.ok()) return settled.status();
  base::Log(base::LogLevel::kWarning, "creation_reconciled",
            {{"tenant", row.key.tenant},
             {"method", row.key.method},
             {"request_id", row.key.request_id},
             {"resource", found->name()}});
  OnFound(row, *found);
  return ReconciledCreation{*std::move(settled), {}};
}

absl::StatusOr<ReconciledCreation> JournalReconciler::NotAccepted(const model::JournalEntry& row) {
  absl::StatusOr<model::JournalEntry> settled = journal_.Settle(row.key, std::nullopt);
  if (!settled.ok()) return settled.status();
  base::Log(
      base::LogLevel::kWarning, "creation_reconciled",
      {{"tenant", row.key.tenant}, {"method", row.key.method}, {"request_id", row.key.request_id}, {"resource", ""}});
  if (IsRecreation(row) && row.asset.has_value()) recreation_.NotRecreated(*row.asset);
  return ReconciledCreation{*std::move(settled), {}};
}

absl::StatusOr<bool> JournalReconciler::HasForeign(const model::JournalEntry& row, VendorAccount& account) {
  if (account.dedicated()) return false;
  const absl::StatusOr<std::vector<model::JournalEntry>> others = journal_.Unsettled();
  if (!others.ok()) return others.status();
  return std::any_of(others->begin(), others->end(), [&](const model::JournalEntry& other) {
    if (other.key.tenant == row.key.tenant) return false;
    const Intent intent = IntentOf(other);
    const std::string& name = account.name();
    return (intent.group.has_value() && intent.group->handle.upstream == name) ||
           (intent.asset.has_value() && intent.asset->group.upstream == name);
  });
}

}  // namespace seedance::engine
