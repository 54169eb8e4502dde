#ifndef SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_ERRORS_H_
#define SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_ERRORS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "service/base/error.h"
#include "service/model/journal_entry.h"

// What callers are told of calls in the journal.
//
// Tests: tests/unit/engine/journal/journal_test.cc, tests/unit/engine/assets/creations_test.cc
namespace seedance::engine {

// NOT_FOUND: the journal has no call of this key.
absl::Status CreationNotFound(const model::JournalKey& key);

// An error about the call of this key. UNAVAILABLE tells to come again after a second.
absl::Status CreationError(base::Reason reason, const model::JournalKey& key, std::string_view text);

// ALREADY_EXISTS: the request id was used with another value of `field`.
absl::Status RequestIdReused(const std::string& field);

// UNKNOWN: the vendor's answer was lost.
absl::Status OutcomeUnknown(std::string_view cause);

// UNAVAILABLE, for those who waited for a call: a person settled it as not accepted; it was another's, and broke off.
absl::Status SettledAsNotAccepted();
absl::Status BrokeOff();

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_JOURNAL_JOURNAL_ERRORS_H_
