#ifndef SEEDANCE_SERVICE_MODEL_FAILURE_H_
#define SEEDANCE_SERVICE_MODEL_FAILURE_H_

#include <string>

#include "absl/status/status.h"
#include "service/base/error.h"

namespace seedance::model {

// Why an asset or a task failed, as stored and shown.
struct Failure {
  // Why, in the gateway's terms.
  base::Reason reason = base::Reason::kUnspecified;  // kUnspecified: there is no failure.
  std::string upstream_code;                         // The vendor's code, verbatim. Empty: none.
  std::string message;                               // At most 512 bytes, without keys and the vendor's request ids.

  // Compares all fields.
  friend bool operator==(const Failure&, const Failure&) = default;
};

// The failure that an error status stands for, with the vendor's code and message where the status carries them.
Failure ToFailure(const absl::Status& status);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_FAILURE_H_
