#include "service/engine/journal/journal.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/base/error.h"
#include "service/base/log.h"
#include "service/base/trace.h"
#include "service/engine/journal/claim_conflict.h"
#include "service/engine/journal/journal_errors.h"
#include "service/engine/journal/journal_outcomes.h"

namespace seedance::engine {
namespace {

using model::JournalState;

// Each try waits for a busy database itself.
constexpr int kWriteTries = 3;
// Between looks at what became of a request that another process sends.
constexpr absl::Duration kLookPause = absl::Milliseconds(100);

std::string ContentText(const model::UpstreamHandle& group, const std::string& sha256) {
  return absl::StrCat(model::AssetGroupName(group), "\n", sha256);
}

// What a call whose end was written made, if that is known.
std::optional<Journal::Found> MadeBy(const UnwrittenEnds::End& end) {
  if (end.call.state != JournalState::kDone) return std::nullopt;
  if (end.group.has_value() || end.asset.has_value()) return Journal::Found{end.group, end.asset};
  if (end.call.key.method != model::kRecreateAsset) return std::nullopt;
  return Journal::Found{std::nullopt, std::nullopt, model::ParseAssetName(end.call.resource_name)};
}

}  // namespace

std::string Journal::Found::name() const {
  if (again.has_value()) return model::AssetName(*again);
  return group.has_value() ? group->name() : asset->name();
}

absl::Status Journal::Recover() {
  const absl::Status error = OutcomeUnknown("the gateway stopped before the vendor answered");
  absl::StatusOr<int> doubtful = store_.DoubtInFlightEntries(base::SerializeStatus(error), clock_.Now());
  if (!doubtful.ok()) return doubtful.status();
  if (*doubtful > 0) {
    base::Log(base::LogLevel::kWarning, "billed_calls_in_doubt", {{"count", *doubtful}});
  }
  const absl::StatusOr<std::vector<model::JournalEntry>> rows =
      store_.ListEntriesInDoubt(std::numeric_limits<int>::max());
  if (!rows.ok()) return rows.status();
  base::MutexLock lock(mutex_);
  for (const model::JournalEntry& row : *rows) NoteContentLocked(row, /*in_doubt=*/true);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<model::JournalEntry>> Journal::FindEarlier(const model::JournalKey& key) {
  if (key.request_id.empty()) return std::nullopt;
  absl::StatusOr<std::optional<model::JournalEntry>> row = store_.GetEntry(key);
  if (!row.ok()) return row.status();
  if (row->has_value() && (*row)->state == JournalState::kNotAccepted) return std::nullopt;
  return row;
}

Journal::Role Journal::Begin(model::JournalEntry& call, Waiter waiter) {
  if (Enter(call, std::move(waiter)) == Role::kAnswered) return Role::kAnswered;
  return Begin(call) ? Role::kOwner : Role::kAnswered;
}

void Journal::AnswerEarlier(model::JournalEntry& call, Waiter waiter) {
  if (Begin(call, std::move(waiter)) == Role::kAnswered) return;
  Failed(call, upstream::Acceptance::kNotAccepted, SettledAsNotAccepted());
}

void Journal::AnswerAs(model::JournalEntry& call, const std::string& resource_name, const model::Fingerprint& more,
                       Waiter waiter) {
  if (Enter(call, std::move(waiter)) == Role::kAnswered) return;
  call.state = JournalState::kDone;
  call.resource_name = resource_name;
  if (!Begin(call)) return;
  // Lost, the answer is still the same.
  (void)store_.ExtendFingerprint(call.key, more);
  Release(call.key, resource_name);
}

Journal::Role Journal::Enter(model::JournalEntry& call, Waiter waiter) {
  call.state = JournalState::kInFlight;
  if (call.key.request_id.empty()) call.key.request_id = base::MakeUuidV4(random_);
  call.create_time = call.update_time = clock_.Now();
  std::string difference;
  {
    base::MutexLock lock(mutex_);
    auto [flight, is_new] = flights_.try_emplace(call.key);
    if (is_new) flight->second.call = call;
    difference = FirstDifferenceFromJournal(flight->second.call.fingerprint, call.fingerprint);
    if (difference.empty()) {
      flight->second.waiters.push_back(std::move(waiter));
      return is_new ? Role::kOwner : Role::kAnswered;
    }
  }
  waiter(RequestIdReused(difference));
  return Role::kAnswered;
}

bool Journal::HasBegun(const model::JournalKey& key) {
  base::MutexLock lock(mutex_);
  return flights_.at(key).begun;
}

void Journal::Leave(const model::JournalEntry& call, const absl::Status& why) {
  if (HasBegun(call.key)) return Failed(call, upstream::Acceptance::kNotAccepted, why);
  Release(call.key, why);
}

bool Journal::Begin(const model::JournalEntry& call) {
  if (HasBegun(call.key)) return true;
  base::Span span("journal " + call.key.method, base::SpanData::Kind::kInternal, call.traceparent, clock_.Now());
  absl::StatusOr<store::Store::Begun> begun = store_.BeginEntry(call, nullptr);
  span.End(begun.status(), clock_.Now());
  if (begun.ok() && begun->conflict.has_value()) {
    begun = ToStatus(store_, call.key.tenant, *call.claim, *begun->conflict);
  }
  if (!begun.ok()) {
    Release(call.key, begun.status());
    return false;
  }
  if (!begun->existing.has_value()) {
    // An end whose commit was reported as failed, and was on disk.
    unwritten_.Forget(call.key);
    base::MutexLock lock(mutex_);
    return flights_.at(call.key).begun = true;
  }
  model::JournalEntry& row = *begun->existing;
  const std::string difference = FirstDifferenceFromJournal(row.fingerprint, call.fingerprint);
  if (!difference.empty()) return Release(call.key, RequestIdReused(difference)), false;
  absl::StatusOr<std::optional<model::JournalEntry>> end = WriteKept(call.key);
  if (!end.ok()) return Release(call.key, end.status()), false;
  if (end->has_value()) row = **std::move(end);
  if (IsElsewhere(row, store_.ownership().number())) {
    base::MutexLock lock(mutex_);
    flights_.at(call.key).elsewhere = true;
    elsewhere_.Schedule(TextOf(call.key), clock_.Now() + kLookPause);
    return false;
  }
  AnswerBy(row);
  return false;
}

void Journal::AnswerBy(const model::JournalEntry& row) {
  if (!IsDoubtful(row)) return Release(row.key, OutcomeOf(row));
  Look(row, [](const absl::StatusOr<bool>&) {});
}

void Journal::LookElsewhere(const std::string& text) {
  const model::JournalKey key = model::KeyOfText(text);
  const absl::StatusOr<std::optional<model::JournalEntry>> row = store_.GetEntry(key);
  if (!row.ok() || (row->has_value() && IsElsewhere(**row, store_.ownership().number()))) {
    return elsewhere_.Schedule(text, clock_.Now() + kLookPause);
  }
  {
    base::MutexLock lock(mutex_);
    flights_.at(key).elsewhere = false;
  }
  return row->has_value() ? AnswerBy(**row) : Release(key, BrokeOff());
}

void Journal::Start() {
  unwritten_.Start();
  elsewhere_.Start();
}

void Journal::Stop() {
  elsewhere_.Stop();
  unwritten_.Stop();
  std::vector<model::JournalKey> waiting;
  {
    base::MutexLock lock(mutex_);
    for (const auto& [key, flight] : flights_) {
      if (flight.elsewhere) waiting.push_back(key);
    }
  }
  for (const model::JournalKey& key : waiting) Release(key, BrokeOff());
}

void Journal::Look(const model::JournalEntry& row, absl::AnyInvocable<void(absl::StatusOr<bool> over)> done) {
  resolver_.Look(row, [this, row, done = std::move(done)](absl::StatusOr<std::optional<Found>> looked) mutable {
    if (!looked.ok() || !looked->has_value()) {
      Release(row.key, OutcomeOf(row));
      return done(looked.ok() ? absl::StatusOr<bool>(false) : looked.status());
    }
    Found& found = **looked;
    model::JournalEntry call = row;
    call.state = JournalState::kDone;
    call.resource_name = found.name();
    call.error.clear();
    const bool written = Finish(std::move(call), found.group.has_value() ? &*found.group : nullptr,
                                found.asset.has_value() ? &*found.asset : nullptr, found.name());
    done(written);
  });
}

void Journal::LookAgain(const model::JournalKey& key, absl::AnyInvocable<void(absl::StatusOr<bool> over)> done) {
  const absl::StatusOr<std::optional<model::JournalEntry>> row = store_.GetEntry(key);
  if (!row.ok()) return done(false);
  if (!row->has_value() || !IsDoubtful(**row)) return done(true);
  if (IsElsewhere(**row, store_.ownership().number())) return done(false);
  bool is_mine = false;
  {
    base::MutexLock lock(mutex_);
    const auto [flight, is_new] = flights_.try_emplace(key);
    if (is_new) flight->second.call = **row;
    is_mine = is_new;
  }
  // Otherwise it is being looked for already, by one who repeats it.
  if (!is_mine) return done(false);
  const absl::StatusOr<std::optional<model::JournalEntry>> end = WriteKept(key);
  if (!end.ok()) {
    Release(key, end.status());
    return done(false);
  }
  if (end->has_value() && !IsDoubtful(**end)) {
    Release(key, OutcomeOf(**end));
    return done(true);
  }
  Look(**row, std::move(done));
}

absl::StatusOr<model::JournalEntry> Journal::Settle(const model::JournalKey& key, std::optional<Found> found) {
  absl::StatusOr<std::optional<model::JournalEntry>> row = store_.GetEntry(key);
  if (!row.ok()) return row.status();
  if (!row->has_value()) {
    return CreationNotFound(key);
  }
  {
    base::MutexLock lock(mutex_);
    const auto [flight, is_new] = flights_.try_emplace(key);
    if (!is_new) {
      return CreationError(base::Reason::kUpstreamUnavailable, key, "a lookup at the vendor is in progress");
    }
    flight->second.call = **row;
  }
  // What became of it may be known.
  if (absl::StatusOr<std::optional<model::JournalEntry>> end = WriteKept(key); !end.ok()) {
    Release(key, end.status());
    return base::StoreUnavailable("the outcome of the creation could not be stored");
  }
  // Once more: it may have ended before it was held here.
  row = store_.GetEntry(key);
  if (!row.ok() || !row->has_value() || !IsDoubtful(**row)) {
    const absl::Status error =
        row.ok() ? CreationError(base::Reason::kCreationNotInDoubt, key, "there is nothing to settle") : row.status();
    const bool known = row.ok() && row->has_value() && (*row)->state != JournalState::kNotAccepted;
    Release(key, known ? OutcomeOf(**row) : absl::StatusOr<std::string>(BrokeOff()));
    return error;
  }
  model::JournalEntry call = **std::move(row);
  absl::StatusOr<std::string> answer = SettledAsNotAccepted();
  if (found.has_value()) answer = found->name();
  call.state = found.has_value() ? JournalState::kDone : JournalState::kNotAccepted;
  call.resource_name = answer.ok() ? *answer : "";
  call.error = answer.ok() ? "" : base::SerializeStatus(answer.status());
  call.update_time = clock_.Now();
  const absl::Status written = Write(call, found.has_value() && found->group.has_value() ? &*found->group : nullptr,
                                     found.has_value() && found->asset.has_value() ? &*found->asset : nullptr);
  if (!written.ok()) {
    // The word is not taken, so the doubt is what it was.
    Release(key, OutcomeUnknown("its outcome could not be stored"));
    return base::StoreUnavailable("the outcome of the creation could not be stored");
  }
  if (metrics_ != nullptr) CountEnd(*metrics_, call);
  {
    base::MutexLock lock(mutex_);
    NoteContentLocked(call, /*in_doubt=*/false);
  }
  Release(key, answer);
  return call;
}

bool Journal::IsContentInDoubt(const model::UpstreamHandle& group, const std::string& sha256) {
  base::MutexLock lock(mutex_);
  return contents_.count(ContentText(group, sha256)) > 0;
}

void Journal::NoteContentLocked(const model::JournalEntry& call, bool in_doubt) {
  if (const auto before = content_of_.find(call.key); before != content_of_.end()) {
    contents_.erase(contents_.find(before->second));
    content_of_.erase(before);
  }
  if (!in_doubt || !call.asset.has_value() || call.asset->media_info.sha256.empty()) return;
  const std::string content = ContentText(call.asset->group, call.asset->media_info.sha256);
  content_of_[call.key] = content;
  contents_.insert(content);
}

absl::StatusOr<std::vector<model::JournalEntry>> Journal::Unsettled() {
  Calls calls;
  {
    base::MutexLock lock(mutex_);
    for (const auto& [key, flight] : flights_) calls.emplace(key, flight.call);
  }
  // In this order: one that ends in doubt meanwhile is seen in one of the others.
  for (model::JournalEntry& call : unwritten_.Calls()) calls.insert_or_assign(call.key, std::move(call));
  absl::StatusOr<std::vector<model::JournalEntry>> in_flight = store_.ListEntriesInFlight();
  if (!in_flight.ok()) return in_flight;
  const int64_t own = store_.ownership().number();
  for (model::JournalEntry& call : *in_flight) {
    if (IsElsewhere(call, own)) calls.emplace(call.key, std::move(call));
  }
  return WithRows(std::move(calls));
}

absl::StatusOr<std::vector<model::JournalEntry>> Journal::InDoubt() {
  Calls calls;
  for (model::JournalEntry& call : unwritten_.Calls()) calls.emplace(call.key, std::move(call));
  return WithRows(std::move(calls));
}

absl::StatusOr<std::vector<model::JournalEntry>> Journal::WithRows(Calls calls) {
  const absl::StatusOr<std::vector<model::JournalEntry>> rows =
      store_.ListEntriesInDoubt(std::numeric_limits<int>::max());
  if (!rows.ok()) return rows.status();
  for (const model::JournalEntry& row : *rows) calls.insert_or_assign(row.key, row);
  std::vector<model::JournalEntry> all;
  for (auto& [key, call] : calls) all.push_back(std::move(call));
  return all;
}

void Journal::Accepted(model::JournalEntry call, model::AssetGroup* group, model::Asset* asset) {
  call.state = JournalState::kDone;
  call.resource_name = group != nullptr ? group->name() : asset->name();
  const std::string name = call.resource_name;
  Finish(std::move(call), group, asset, name);
}

void Journal::AcceptedAs(model::JournalEntry call, const std::string& resource_name) {
  call.state = JournalState::kDone;
  call.resource_name = resource_name;
  Finish(std::move(call), nullptr, nullptr, resource_name);
}

void Journal::Failed(model::JournalEntry call, upstream::Acceptance acceptance, const absl::Status& status) {
  call.state = StateFor(acceptance);
  const absl::Status answer =
      acceptance == upstream::Acceptance::kUnknown ? OutcomeUnknown(std::string(status.message())) : status;
  call.error = base::SerializeStatus(answer);
  Finish(std::move(call), nullptr, nullptr, answer);
}

absl::Status Journal::Write(const model::JournalEntry& call, model::AssetGroup* group, model::Asset* asset) {
  absl::Status written;
  for (int tried = 0; tried < kWriteTries; ++tried) {
    written = store_.FinishEntry(call, group, asset);
    if (base::GetReason(written) != base::Reason::kStoreUnavailable) break;
  }
  return written;
}

bool Journal::Finish(model::JournalEntry call, model::AssetGroup* group, model::Asset* asset,
                     const absl::StatusOr<std::string>& answer) {
  call.update_time = clock_.Now();
  const absl::Status written = Write(call, group, asset);
  // Aborted: others have put the call in doubt, and count how it is settled.
  if (metrics_ != nullptr && !absl::IsAborted(written)) CountEnd(*metrics_, call);
  const bool doubtful = MayBeAccepted(call) && (!written.ok() || call.state == JournalState::kInDoubt);
  if (written.ok() || absl::IsAborted(written)) {
    // Aborted: this process slept, and others have put the call in doubt.
    unwritten_.Forget(call.key);
  } else {
    unwritten_.Keep({call, group != nullptr ? std::optional(*group) : std::nullopt,
                     asset != nullptr ? std::optional(*asset) : std::nullopt});
    // The row stays in flight until the end can be written. Should the process die first, only the log knows it.
    base::Log(base::LogLevel::kError, "billed_call_end_not_stored",
              {{"tenant", call.key.tenant},
               {"method", call.key.method},
               {"request_id", call.key.request_id},
               {"resource", call.resource_name},
               {"cause", std::string(written.message())}});
  }
  {
    base::MutexLock lock(mutex_);
    NoteContentLocked(call, doubtful);
  }
  Release(call.key, written.ok() ? answer : absl::StatusOr<std::string>(NotWritten(call, written)));
  if (doubtful) resolver_.OnDoubt(call);
  return written.ok();
}

absl::StatusOr<std::optional<model::JournalEntry>> Journal::WriteKept(const model::JournalKey& key) {
  const std::optional<UnwrittenEnds::End> kept = unwritten_.Find(key);
  if (!kept.has_value()) return std::nullopt;
  const absl::StatusOr<std::optional<UnwrittenEnds::End>> written = unwritten_.Write(key);
  if (!written.ok()) return NotWritten(kept->call, written.status());
  {
    base::MutexLock lock(mutex_);
    NoteContentLocked(kept->call, kept->call.state == JournalState::kInDoubt);
  }
  const std::optional<Found> made = MadeBy(*kept);
  if (made.has_value()) resolver_.OnFound(kept->call, *made);
  return kept->call;
}

void Journal::WriteAgain(const model::JournalKey& key) {
  const std::optional<UnwrittenEnds::End> kept = unwritten_.Find(key);
  if (!kept.has_value()) return;
  {
    base::MutexLock lock(mutex_);
    const auto [flight, is_new] = flights_.try_emplace(key);
    // Whoever works on it writes the end first.
    if (!is_new) return;
    flight->second.call = kept->call;
  }
  const absl::StatusOr<std::optional<model::JournalEntry>> end = WriteKept(key);
  absl::StatusOr<std::string> answer = BrokeOff();
  if (!end.ok()) answer = end.status();
  if (end.ok() && end->has_value()) answer = OutcomeOf(**end);
  Release(key, answer);
}

void Journal::Release(const model::JournalKey& key, const absl::StatusOr<std::string>& answer) {
  std::vector<Waiter> waiters;
  {
    base::MutexLock lock(mutex_);
    const auto flight = flights_.find(key);
    waiters = std::move(flight->second.waiters);
    flights_.erase(flight);
  }
  // The first one sent the call. The others only waited for it, and were not what broke it off.
  const base::Reason reason = base::GetReason(answer.status());
  const bool own = reason == base::Reason::kCancelled || reason == base::Reason::kDeadlineExceeded ||
                   reason == base::Reason::kSizeOutOfRange || reason == base::Reason::kTransferTooSlow;
  for (size_t i = 0; i < waiters.size(); ++i) waiters[i](own && i > 0 ? BrokeOff() : answer);
}

}  // namespace seedance::engine
