#include "service/engine/journal/journal_outcomes.h"

#include "service/base/error.h"
#include "service/engine/journal/journal_errors.h"

namespace seedance::engine {

using model::JournalState;

absl::StatusOr<std::string> OutcomeOf(const model::JournalEntry& row) {
  switch (row.state) {
    case JournalState::kDone:
      return row.resource_name;
    case JournalState::kRefused:
    case JournalState::kInDoubt:
    case JournalState::kNotAccepted:
      return base::ParseStatus(row.error);
    case JournalState::kInFlight:
      // Not of this process: another one sent it.
      return OutcomeUnknown("an earlier call with this request_id has not ended");
  }
  return base::InternalError("journal entry in an impossible state");
}

bool IsElsewhere(const model::JournalEntry& row, int64_t own) {
  return row.state == JournalState::kInFlight && row.sender != own;
}

bool IsDoubtful(const model::JournalEntry& row) {
  return row.state == JournalState::kInFlight || row.state == JournalState::kInDoubt;
}

JournalState StateFor(upstream::Acceptance acceptance) {
  switch (acceptance) {
    case upstream::Acceptance::kAccepted:
      return JournalState::kDone;
    case upstream::Acceptance::kRefused:
      return JournalState::kRefused;
    case upstream::Acceptance::kNotAccepted:
      return JournalState::kNotAccepted;
    case upstream::Acceptance::kUnknown:
      return JournalState::kInDoubt;
  }
  return JournalState::kInDoubt;
}

bool MayBeAccepted(const model::JournalEntry& ended) {
  return ended.state == JournalState::kDone || ended.state == JournalState::kInDoubt;
}

void CountEnd(base::Metrics& metrics, const model::JournalEntry& ended) {
  const auto word = [&ended] {
    switch (ended.state) {
      case JournalState::kDone:
        return "done";
      case JournalState::kRefused:
        return "refused";
      case JournalState::kNotAccepted:
        return "not_accepted";
      case JournalState::kInFlight:
      case JournalState::kInDoubt:
        break;
    }
    return "in_doubt";
  };
  const char* const kind = ended.group.has_value() ? "group" : "asset";
  metrics.Counter("seedance_journal_entries_total", {{"kind", kind}, {"end", word()}}).Add();
}

absl::Status NotWritten(const model::JournalEntry& ended, const absl::Status& cause) {
  if (absl::IsAborted(cause)) return OutcomeUnknown("this gateway was taken for dead before the outcome was stored");
  return MayBeAccepted(ended) ? OutcomeUnknown("its outcome could not be stored") : cause;
}

}  // namespace seedance::engine
