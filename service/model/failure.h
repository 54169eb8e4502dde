#ifndef SEEDANCE_SERVICE_MODEL_FAILURE_H_
#define SEEDANCE_SERVICE_MODEL_FAILURE_H_

#include <string>

#include "absl/status/status.h"
#include "service/base/error.h"

namespace seedance::model {

// Why an asset or a task ended badly.
struct Failure {
  base::Reason reason = base::Reason::kUnspecified;  // kUnspecified: there is no failure.
  std::string upstream_code;
  std::string message;  // At most 512 bytes, without keys and the vendor's request ids.

  friend bool operator==(const Failure&, const Failure&) = default;
};

// The failure that an error status stands for: the vendor's code and words where the status carries them.
Failure ToFailure(const absl::Status& status);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_FAILURE_H_
