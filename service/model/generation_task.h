#ifndef SEEDANCE_SERVICE_MODEL_GENERATION_TASK_H_
#define SEEDANCE_SERVICE_MODEL_GENERATION_TASK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "service/model/failure.h"
#include "service/model/money.h"
#include "service/model/names.h"

namespace seedance::model {

// Numbers as in generation_task.proto, here and below.
enum class TaskState {
  kUnspecified = 0,
  kPending = 1,
  kSubmitting = 2,
  kQueued = 3,
  kRunning = 4,
  kSucceeded = 5,
  kFailed = 6,
  kCancelled = 7,
  kExpired = 8,
  kSubmitUnknown = 9,
  kLost = 10,
};

// `PENDING` and so on.
std::string_view TaskStateName(TaskState state);

// SUCCEEDED, FAILED, CANCELLED, EXPIRED, LOST.
bool IsTerminal(TaskState state);

// The one table of allowed changes of state. A state may always stay as it is, unless it is terminal.
bool CanChange(TaskState from, TaskState to);

enum class ReferenceRole {
  kUnspecified = 0,
  kReferenceImage = 1,
  kFirstFrame = 2,
  kLastFrame = 3,
  kReferenceVideo = 4,
  kReferenceAudio = 5,
};

enum class Resolution { kUnspecified = 0, k480p = 1, k720p = 2, k1080p = 3, k2k = 4, k4k = 5 };

// `480p` and so on; empty for kUnspecified.
std::string_view ResolutionName(Resolution resolution);

enum class ProgressSource { kUnspecified = 0, kReported = 1, kEstimated = 2 };

// Media that a task refers to. Exactly one of `asset` and `uri` is set.
struct Reference {
  std::string label;
  ReferenceRole role = ReferenceRole::kUnspecified;
  std::optional<UpstreamHandle> asset;
  std::string uri;
  bool ephemeral = false;  // With `uri`: the vendor imports it as an asset of its own for this task.
};

constexpr int64_t kRandomSeed = -1;

// What the caller asked for.
struct TaskRequest {
  std::string upstream;
  std::string model;
  std::string prompt;
  std::vector<Reference> references;
  Resolution resolution = Resolution::kUnspecified;
  std::string aspect_ratio;  // Empty: the vendor's default.
  std::optional<int> duration_seconds;
  std::optional<int64_t> seed;  // Without one, or kRandomSeed: the vendor chooses.
  std::optional<bool> generate_audio;
  std::optional<bool> watermark;
  bool return_last_frame = false;
  bool web_search = false;
  std::map<std::string, std::string> labels;
  std::optional<int> ephemeral_hours;  // How long the vendor keeps ephemeral references. Not set: the vendor's default.
  bool wait_for_assets = false;        // Stay PENDING until every asset is ACTIVE.
  bool recreate_expired_assets = false;
  bool allow_model_upgrade = false;
  // The prompt in the vendor's own notation of references, as it is sent. Set when the task is prepared.
  std::string sent_prompt;
};

// The finished video.
struct TaskResult {
  std::string video_uri;  // Empty: there is no result.
  std::string last_frame_uri;
  absl::Time expire_time = absl::InfiniteFuture();
  int64_t size_bytes = 0;
  std::string sha256;
  std::optional<int64_t> completion_tokens;
  std::optional<int64_t> total_tokens;
};

// One video to generate, and what became of it. generation_task.proto explains the fields.
struct GenerationTask {
  std::string id;  // UUIDv7.
  std::string tenant;
  TaskRequest request;
  TaskState state = TaskState::kUnspecified;
  int progress_percent = 0;
  ProgressSource progress_source = ProgressSource::kUnspecified;
  Failure error;
  TaskResult result;
  std::string state_message;
  std::string upstream_task_id;
  std::vector<std::string> warnings;  // What the caller should know and was no reason to refuse.
  Cost estimated_cost;
  Cost estimated_cost_least;  // These two instead where the vendor chooses the duration.
  Cost estimated_cost_most;
  Cost settled_cost;  // What the vendor billed, less its refunds, by its own log.
  // The seed with which it is sent when the caller gave none: chosen at random, as the vendor would, so that the task
  // can be told from others there.
  std::optional<int64_t> sent_seed;
  bool detached = false;  // Its caller gave it up while the vendor could not cancel it.
  absl::Time create_time;
  absl::Time update_time;
  absl::Time submit_time = absl::InfinitePast();  // InfinitePast: not yet, here and below.
  absl::Time start_time = absl::InfinitePast();
  absl::Time end_time = absl::InfinitePast();
  absl::Time deadline_time = absl::InfiniteFuture();
  int64_t revision = 0;  // Set by the store on every write.

  std::string name() const { return GenerationTaskName(id); }
};

// About the size of the task in a message.
size_t EstimatedBytes(const GenerationTask& task);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_GENERATION_TASK_H_
