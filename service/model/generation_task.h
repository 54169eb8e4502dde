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

// Numbers of all enumerations here as in generation_task.proto.
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

// Name in the API: `PENDING` for kPending.
std::string_view TaskStateName(TaskState state);

// Whether the state is final: SUCCEEDED, FAILED, CANCELLED, EXPIRED, LOST.
bool IsTerminal(TaskState state);

// The only table of allowed state changes. Keeping a state is allowed unless it is terminal.
bool CanChange(TaskState from, TaskState to);

// What a reference is for; it implies the media type (MediaTypeOf in task_rules.h).
enum class ReferenceRole {
  kUnspecified = 0,
  kReferenceImage = 1,
  kFirstFrame = 2,
  kLastFrame = 3,
  kReferenceVideo = 4,
  kReferenceAudio = 5,
};

enum class Resolution { kUnspecified = 0, k480p = 1, k720p = 2, k1080p = 3, k2k = 4, k4k = 5 };

// Name in the API: `480p` for k480p; empty for kUnspecified.
std::string_view ResolutionName(Resolution resolution);

// Where progress_percent comes from: the vendor, or the usual duration of such tasks.
enum class ProgressSource { kUnspecified = 0, kReported = 1, kEstimated = 2 };

// Media that a task refers to. Exactly one of `asset` and `uri` is set.
struct Reference {
  std::string label;  // Name for mentions in the prompt. Empty: none.
  ReferenceRole role = ReferenceRole::kUnspecified;
  std::optional<UpstreamHandle> asset;
  std::string uri;
  bool ephemeral = false;  // With `uri`: the vendor imports it as its own asset for this task only.
};

// As a seed: the vendor chooses one.
constexpr int64_t kRandomSeed = -1;

// The caller's request, after defaults of the gateway were applied.
struct TaskRequest {
  std::string upstream;
  std::string model;
  std::string prompt;
  std::vector<Reference> references;
  Resolution resolution = Resolution::kUnspecified;
  std::string aspect_ratio;  // Empty: the vendor's default.
  std::optional<int> duration_seconds;
  std::optional<int64_t> seed;  // Not set, or kRandomSeed: the vendor chooses.
  std::optional<bool> generate_audio;
  std::optional<bool> watermark;
  bool return_last_frame = false;
  bool web_search = false;
  std::map<std::string, std::string> labels;
  std::optional<int> ephemeral_hours;  // How long the vendor keeps ephemeral references. Not set: its default.
  bool wait_for_assets = false;        // Keep the task PENDING until every asset is ACTIVE.
  // Re-create EXPIRED assets before the task is sent.
  bool recreate_expired_assets = false;
  // Allow the model that asset_reference_model of the profile names.
  bool allow_model_upgrade = false;
  // The prompt in the vendor's own notation, as it is sent. Set when the task is prepared.
  std::string sent_prompt;
};

// The finished video. Links are the vendor's and expire.
struct TaskResult {
  std::string video_uri;  // Empty: there is no result.
  std::string last_frame_uri;
  absl::Time expire_time = absl::InfiniteFuture();
  int64_t size_bytes = 0;
  std::string sha256;
  std::optional<int64_t> completion_tokens;
  // What the vendor reports as used; not set: not reported.
  std::optional<int64_t> total_tokens;
};

// One video to generate, and its outcome, as stored. generation_task.proto explains the fields. A value.
struct GenerationTask {
  std::string id;  // UUIDv7.
  std::string tenant;
  TaskRequest request;
  TaskState state = TaskState::kUnspecified;
  int progress_percent = 0;
  ProgressSource progress_source = ProgressSource::kUnspecified;
  Failure error;
  TaskResult result;
  std::string state_message;  // For people: why the task waits, or what is missing.
  std::string upstream_task_id;
  std::vector<std::string> warnings;  // Notices that are no reason to refuse the task.
  Cost estimated_cost;
  Cost estimated_cost_least;  // Instead of estimated_cost where the vendor chooses the duration.
  Cost estimated_cost_most;
  Cost settled_cost;  // What the vendor billed less refunds, by its own usage log.
  // Seed that is sent when the caller gave none: random, so that the task can be told from others in the vendor's
  // records.
  std::optional<int64_t> sent_seed;
  std::string sent_key_id;  // Of the key that it is or was sent with, where the vendor has a usage log (UsageLogApi).
  std::string traceparent;  // W3C trace context of the call that created it: parent of what is done for it.
  bool detached = false;    // The caller gave the task up while the vendor could not cancel it.
  absl::Time create_time;
  absl::Time update_time;
  absl::Time submit_time = absl::InfinitePast();  // InfinitePast: not yet, here and below.
  absl::Time start_time = absl::InfinitePast();
  absl::Time end_time = absl::InfinitePast();
  absl::Time deadline_time = absl::InfiniteFuture();
  int64_t revision = 0;  // Set by the store on every write.

  // Resource name, `generationTasks/{id}`.
  std::string name() const { return GenerationTaskName(id); }
};

// Whether the task was stored although the store failed its creation: it was ended without being sent, and its request
// id stands for nothing.
bool WasDisowned(const GenerationTask& task);

// Approximate size of the task in memory and in a message, in bytes.
size_t EstimatedBytes(const GenerationTask& task);

}  // namespace seedance::model

#endif  // SEEDANCE_SERVICE_MODEL_GENERATION_TASK_H_
