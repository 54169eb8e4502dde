#include "service/engine/journal/journal_errors.h"

#include "absl/strings/str_cat.h"

namespace seedance::engine {

absl::Status CreationError(base::Reason reason, const model::JournalKey& key, std::string_view text) {
  base::ErrorDetail detail;
  detail.reason = reason;
  if (reason == base::Reason::kUpstreamUnavailable) detail.retry_delay = absl::Seconds(1);
  return base::MakeError(absl::StrCat(key.method, " with request_id ", key.request_id, ": ", std::string(text)),
                         detail);
}

absl::Status SettledAsNotAccepted() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUpstreamUnavailable;
  detail.retry_delay = absl::Seconds(1);
  return base::MakeError("the vendor did not accept the earlier request with this request_id; retry", detail);
}

absl::Status BrokeOff() {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kUpstreamUnavailable;
  detail.retry_delay = absl::Seconds(1);
  return base::MakeError("the call with this request_id was interrupted; retry", detail);
}

absl::Status CreationNotFound(const model::JournalKey& key) {
  return base::ResourceNotFound("seedance.gateway.v1.Creation", absl::StrCat(key.method, " ", key.request_id));
}

absl::Status RequestIdReused(const std::string& field) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kRequestIdReused;
  detail.metadata["field"] = field;
  return base::MakeError(absl::StrCat("request_id was used before with another value of `", field, "`"), detail);
}

absl::Status OutcomeUnknown(std::string_view cause) {
  base::ErrorDetail detail;
  detail.reason = base::Reason::kOutcomeUnknown;
  detail.metadata["cause"] = std::string(cause);
  return base::MakeError(
      absl::StrCat("the vendor may have executed this request; it will not be sent again: ", std::string(cause)),
      detail);
}

}  // namespace seedance::engine
