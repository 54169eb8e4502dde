#ifndef SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_OUTCOMES_H_
#define SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_OUTCOMES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/base/metrics.h"
#include "service/model/journal_entry.h"
#include "service/upstream/upstream.h"

// What the journal's rows say of the calls that they are of.
//
// Tests: tests/unit/engine/journal/journal_test.cc
namespace seedance::engine {

// The answer to one who asks again.
absl::StatusOr<std::string> OutcomeOf(const model::JournalEntry& row);

// Whether a process with another number than `own` sends it: one that is gone has its rows put in doubt.
bool IsElsewhere(const model::JournalEntry& row, int64_t own);
// Whether a row, of which nobody in this process waits for the answer, says that the outcome is not known.
bool IsDoubtful(const model::JournalEntry& row);
// Whether a call with this end left the gateway and may have been accepted.
bool MayBeAccepted(const model::JournalEntry& ended);

// The state with which a call ends.
model::JournalState StateFor(upstream::Acceptance acceptance);

// `seedance_journal_entries_total` of a call that has ended, or is in doubt.
void CountEnd(base::Metrics& metrics, const model::JournalEntry& ended);

// What those are told who wait for a call whose end could not be written. Only what surely was not accepted may invite
// to another try. ABORTED: this process slept, and others put the call in doubt.
absl::Status NotWritten(const model::JournalEntry& ended, const absl::Status& cause);

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_OUTCOMES_H_
