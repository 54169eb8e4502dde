#ifndef SEEDANCE_CLIENT_CPP_CTL_EXIT_CODE_H_
#define SEEDANCE_CLIENT_CPP_CTL_EXIT_CODE_H_

#include "absl/status/status.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "seedance/gateway/v1/generation_task.pb.h"

namespace seedance::client::ctl {

// What the shell learns. Documented in `seedancectl --help` (kExitCodeHelp); never renumbered.
enum ExitCode : int {
  kExitOk = 0,
  kExitOther = 1,
  kExitInvalidInput = 2,
  kExitNotFound = 3,
  kExitPrecondition = 4,
  kExitAlreadyExists = 5,
  kExitExhausted = 6,
  kExitUnavailable = 7,
  kExitOutcomeUnknown = 8,
  kExitEndedBadly = 9,
  kExitUnauthenticated = 10,
  kExitInterrupted = 130,
};

extern const char kExitCodeHelp[];

// For the error of a call; OK gives kExitOk.
ExitCode ExitCodeOf(const absl::Status& status);

// For a task that a command waited for, or read: kExitEndedBadly when it ended without a video, kExitOutcomeUnknown
// while it is unknown whether the vendor took it, else kExitOk.
ExitCode ExitCodeOf(gateway::v1::GenerationTask::State state);
ExitCode ExitCodeOf(gateway::v1::Asset::State state);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_EXIT_CODE_H_
