#include <optional>
#include <utility>

#include "client/cpp/attempts.h"
#include "client/cpp/client.h"
#include "client/cpp/error.h"
#include "client/cpp/fresh_token.h"
#include "client/cpp/stream_reader.h"
#include "client/cpp/watch.h"

namespace seedance::client {
namespace {

using gateway::v1::WatchGenerationTasksRequest;
using gateway::v1::WatchGenerationTasksResponse;
using Queue = grpc::CompletionQueue;

// What one watch has read so far.
class TasksProgress {
 public:
  TasksProgress(const WatchOptions& options, const TasksCallbacks& callbacks)
      : options_(options), callbacks_(callbacks), token_(options.resume_token) {}

  void Take(const WatchGenerationTasksResponse& response) {
    for (const auto& task : response.generation_tasks()) {
      if (callbacks_.on_task) callbacks_.on_task(task);
    }
    for (const std::string& name : response.removed()) {
      if (callbacks_.on_removed) callbacks_.on_removed(name);
    }
    delivered_ = delivered_ || response.generation_tasks_size() + response.removed_size() > 0;
    if (response.synced() && !std::exchange(synced_, true) && callbacks_.on_synced) callbacks_.on_synced();
    if (!response.resume_token().empty() && response.resume_token() != token_) {
      token_ = response.resume_token();
      if (options_.on_token) options_.on_token(token_);
    }
  }

  // The stream broke off: without a token what was delivered comes again, and what vanished meanwhile is not told.
  void BrokeOff() {
    if (token_.empty() && delivered_) StartOver("");
  }

  // All that matches comes anew.
  void StartOver(std::string token) {
    token_ = std::move(token);
    delivered_ = synced_ = false;
    if (callbacks_.on_reset) callbacks_.on_reset();
  }

  const std::string& token() const { return token_; }

 private:
  const WatchOptions& options_;
  const TasksCallbacks& callbacks_;
  std::string token_;
  bool delivered_ = false;  // Something since the last beginning.
  bool synced_ = false;
};

}  // namespace

absl::Status Client::WatchGenerationTasks(const TasksFilter& filter, const TasksCallbacks& callbacks,
                                          const WatchOptions& options) {
  const absl::Time deadline = Deadline(options, absl::InfiniteDuration());
  Attempts attempts(options_, options.canceller, deadline);
  TasksProgress progress(options, callbacks);
  WatchGenerationTasksRequest request;
  for (const auto state : filter.states) request.add_states(state);
  request.mutable_labels()->insert(filter.labels.begin(), filter.labels.end());
  for (const std::string& name : filter.names) request.add_names(name);
  bool refreshed = false;  // One fresh token without a message between is enough; a second would mean a loop.
  while (true) {
    request.set_resume_token(progress.token());
    grpc::ClientContext context;
    Prepare(context, deadline);
    Canceller::Attachment attachment(options.canceller, &context);
    StreamReader<WatchGenerationTasksResponse> reader(
        context, options_.stream_idle_timeout,
        [&](Queue* queue, void* tag) { return tasks_->AsyncWatchGenerationTasks(&context, request, queue, tag); });
    WatchGenerationTasksResponse response;
    while (reader.Read(&response)) {
      attempts.Progressed();
      refreshed = false;
      progress.Take(response);
    }
    grpc::Status status = reader.Finish();
    if (attempts.cancelled()) return absl::CancelledError("cancelled by the caller");
    if (attempts.expired()) return absl::DeadlineExceededError("the time for watching is over");
    if (status.ok()) status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended, which it should not");
    if (std::string fresh = FreshToken(status); !fresh.empty() && !refreshed) {
      refreshed = true;
      progress.StartOver(std::move(fresh));
      continue;
    }
    const auto before_retry = [&](const absl::Status& cause, absl::Duration delay) {
      progress.BrokeOff();
      if (options.on_reconnect) options.on_reconnect(cause, delay);
    };
    if (const auto end = attempts.AfterStream(status, before_retry); end.has_value()) return *end;
  }
}

}  // namespace seedance::client
