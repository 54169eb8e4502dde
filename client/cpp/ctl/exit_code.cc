#include "client/cpp/ctl/exit_code.h"

#include "client/cpp/error.h"

namespace seedance::client::ctl {

using gateway::v1::Asset;
using gateway::v1::GenerationTask;

const char kExitCodeHelp[] =
    "Exit codes:\n"
    "  0  done\n"
    "  1  internal or other error\n"
    "  2  wrong usage or invalid input\n"
    "  3  not found\n"
    "  4  precondition: asset not ready, group not empty, task cannot be cancelled, result expired\n"
    "  5  already exists: name taken, or request id used with other fields\n"
    "  6  rate, quota or credits exhausted\n"
    "  7  unavailable, or no answer in time\n"
    "  8  outcome unknown: the vendor may have accepted the call\n"
    "  9  the task or asset ended failed, expired, cancelled or lost\n"
    "  10 unauthenticated\n"
    "  130 interrupted\n";

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kExitInvalidInput;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kFailedPrecondition:
      return kExitPrecondition;
    case absl::StatusCode::kAlreadyExists:
      return kExitAlreadyExists;
    case absl::StatusCode::kResourceExhausted:
      return kExitExhausted;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kExitUnavailable;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitUnauthenticated;
    case absl::StatusCode::kCancelled:
      // The gateway's own CANCELLED carries a reason; without one it was Ctrl-C.
      return DecodeError(status).reason.empty() ? kExitInterrupted : kExitOther;
    case absl::StatusCode::kUnknown:
      return DecodeError(status).reason == "OUTCOME_UNKNOWN" ? kExitOutcomeUnknown : kExitOther;
    default:
      return kExitOther;
  }
}

ExitCode ExitCodeOf(GenerationTask::State state) {
  switch (state) {
    case GenerationTask::STATE_FAILED:
    case GenerationTask::STATE_CANCELLED:
    case GenerationTask::STATE_EXPIRED:
    case GenerationTask::STATE_LOST:
      return kExitEndedBadly;
    case GenerationTask::STATE_SUBMIT_UNKNOWN:
      return kExitOutcomeUnknown;
    default:
      return kExitOk;
  }
}

ExitCode ExitCodeOf(Asset::State state) {
  return state == Asset::STATE_FAILED || state == Asset::STATE_EXPIRED ? kExitEndedBadly : kExitOk;
}

}  // namespace seedance::client::ctl
