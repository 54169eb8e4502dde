#ifndef SEEDANCE_CLIENT_CPP_CTL_REFERENCE_H_
#define SEEDANCE_CLIENT_CPP_CTL_REFERENCE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "seedance/gateway/v1/generation_task.pb.h"

namespace seedance::client::ctl {

// Reads `ASSET_OR_URL[,role=ROLE][,label=LABEL][,ephemeral]`. What contains `://` is a URL, the rest an asset, with or
// without `assets/`. Only trailing parts that are options count as such, so URLs may contain commas. Roles: `image`,
// `first_frame`, `last_frame`, `video`, `audio`, and the long forms `reference_image` and so on.
// INVALID_ARGUMENT says what is wrong.
absl::StatusOr<gateway::v1::Reference> ParseReference(std::string_view text);

// Reads `480p`, `720p`, `1080p`, `2k`, `4k`, in any case.
absl::StatusOr<gateway::v1::Resolution> ParseResolution(std::string_view text);

// Reads a state of a task: `running`, `RUNNING` or `STATE_RUNNING`.
absl::StatusOr<gateway::v1::GenerationTask::State> ParseTaskState(std::string_view text);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_REFERENCE_H_
