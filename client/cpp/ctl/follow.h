#ifndef SEEDANCE_CLIENT_CPP_CTL_FOLLOW_H_
#define SEEDANCE_CLIENT_CPP_CTL_FOLLOW_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/cpp/ctl/session.h"

// Long operations with their progress on stderr: a live line on a terminal, else one line per stage.
namespace seedance::client::ctl {

// Watches a task to its end; with `-o json` writes each snapshot to stdout as one line.
absl::StatusOr<gateway::v1::GenerationTask> FollowTask(Session& session, const std::string& name);

// Watches a task, reports how it ended and gives the exit code. `task` receives the last snapshot when it ended.
int FollowTaskToEnd(Session& session, const std::string& name, gateway::v1::GenerationTask* task);

// Waits until an asset is ACTIVE, FAILED or EXPIRED. Nothing on stdout.
absl::StatusOr<gateway::v1::Asset> FollowAsset(Session& session, const std::string& name);

absl::StatusOr<gateway::v1::Asset> UploadWithProgress(Session& session, const std::string& path,
                                                      const gateway::v1::UploadAssetRequest::Metadata& metadata);

// Downloads and reports; the checksum line goes to stdout. Gives the exit code.
int DownloadWithProgress(Session& session, const std::string& name, const std::string& path,
                         gateway::v1::DownloadGenerationResultRequest::Part part);

}  // namespace seedance::client::ctl

#endif  // SEEDANCE_CLIENT_CPP_CTL_FOLLOW_H_
