#ifndef SEEDANCE_CLIENT_CPP_WATCH_H_
#define SEEDANCE_CLIENT_CPP_WATCH_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cpp/options.h"
#include "seedance/gateway/v1/asset.pb.h"
#include "seedance/gateway/v1/generation_task.pb.h"

namespace seedance::client {

struct WatchOptions : CallOptions {
  // Where an earlier watch of the same resource ended (see `on_token`). Empty: from the current snapshot.
  std::string resume_token;
  // Told of each new token after the snapshot that it belongs to was delivered. Optional.
  std::function<void(const std::string& resume_token)> on_token;
  // Told when the stream broke off and will be opened again after `delay`. Optional.
  std::function<void(const absl::Status& cause, absl::Duration delay)> on_reconnect;
};

// Receives every snapshot, the terminal one last. Called by the thread that watches.
using TaskCallback = std::function<void(const gateway::v1::GenerationTask&)>;
using AssetCallback = std::function<void(const gateway::v1::Asset&)>;

// Which of the caller's tasks to watch.
struct TasksFilter {
  std::vector<gateway::v1::GenerationTask::State> states;  // Empty: all.
  std::map<std::string, std::string> labels;               // All must match.
  std::vector<std::string> names = {};                     // Only these tasks, at most 500. Empty: all.
};

// What a watch of many tasks tells, on the thread that watches. All optional.
struct TasksCallbacks {
  // A task that matches, new or changed. No revision comes twice, unless there was a reset between.
  TaskCallback on_task;
  // A task that does not match any more, or was deleted. It may be one that never came.
  std::function<void(const std::string& name)> on_removed;
  // All that matched when the watch began has come.
  std::function<void()> on_synced;
  // Forget everything: the watch could not go on where it was, so all that matches comes anew, then on_synced.
  std::function<void()> on_reset;
};

// True for SUCCEEDED, FAILED, CANCELLED, EXPIRED and LOST.
bool IsTerminal(gateway::v1::GenerationTask::State state);
// True for ACTIVE, FAILED and EXPIRED: the states that end a watch of an asset.
bool IsTerminal(gateway::v1::Asset::State state);

}  // namespace seedance::client

#endif  // SEEDANCE_CLIENT_CPP_WATCH_H_
