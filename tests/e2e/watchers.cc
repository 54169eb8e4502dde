#include "tests/e2e/watchers.h"

#include <grpcpp/support/client_callback.h>

#include <utility>

#include "absl/time/clock.h"
#include "client/cpp/error.h"
#include "client/cpp/watch.h"

namespace seedance::e2e {

class Watchers::Stream : public grpc::ClientReadReactor<v1::WatchGenerationTaskResponse> {
 public:
  Stream(Watchers& all, Watcher& watcher) : all_(all), watcher_(watcher) {
    request_.set_name(watcher.story.task);
    request_.set_resume_token(watcher.token);
    context_.set_wait_for_ready(true);
    watcher.stub->async()->WatchGenerationTask(&context_, &request_, this);
    StartRead(&message_);
  }

  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    all_.OnMessage(watcher_, message_);
    StartRead(&message_);
  }

  void OnDone(const grpc::Status& status) override {
    const auto& trailers = context_.GetServerTrailingMetadata();
    const auto token = trailers.find("resume-token");
    all_.OnDone(watcher_, status,
                token == trailers.end() ? "" : std::string(token->second.data(), token->second.size()));
  }

 private:
  Watchers& all_;
  Watcher& watcher_;
  grpc::ClientContext context_;
  v1::WatchGenerationTaskRequest request_;
  v1::WatchGenerationTaskResponse message_;
};

Watchers::Watchers(const std::function<std::shared_ptr<grpc::Channel>()>& channel,
                   const std::vector<std::string>& tasks, size_t count, size_t connections,
                   std::function<void()> on_end)
    : on_end_(std::move(on_end)) {
  for (size_t i = 0; i < connections; ++i) stubs_.push_back(v1::GenerationTaskService::NewStub(channel()));
  for (size_t i = 0; i < count; ++i) {
    watchers_.push_back(std::make_unique<Watcher>());
    watchers_.back()->stub = stubs_[i % connections].get();
    watchers_.back()->story.task = tasks[i % tasks.size()];
    due_.emplace(absl::InfinitePast(), watchers_.back().get());
  }
  opener_ = std::thread([this] { Run(); });
}

Watchers::~Watchers() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    for (const auto& watcher : watchers_) {
      if (watcher->stream != nullptr) watcher->stream->Cancel();
    }
  }
  opener_.join();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return running_ == 0; });
}

void Watchers::Run() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (due_.empty()) {
      changed_.wait(lock);
    } else if (const absl::Duration left = due_.begin()->first - absl::Now(); left > absl::ZeroDuration()) {
      changed_.wait_for(lock, absl::ToChronoMilliseconds(left) + std::chrono::milliseconds(1));
    } else {
      Watcher* const watcher = due_.begin()->second;
      due_.erase(due_.begin());
      Open(*watcher);
    }
  }
}

// With the mutex held: the reactions, which take it, run on gRPC's threads.
void Watchers::Open(Watcher& watcher) {
  ++running_;
  watcher.stream = std::make_unique<Stream>(*this, watcher);
  watcher.stream->StartCall();
}

void Watchers::OnMessage(Watcher& watcher, const v1::WatchGenerationTaskResponse& message) {
  std::lock_guard lock(mutex_);
  if (!std::exchange(watcher.live, true)) ++live_;
  watcher.token = message.resume_token();
  if (!message.has_generation_task()) return;
  watcher.story.revisions.push_back(message.generation_task().revision());
  if (client::IsTerminal(message.generation_task().state())) ++watcher.story.terminal;
}

void Watchers::OnDone(Watcher& watcher, const grpc::Status& status, const std::string& trailer_token) {
  std::lock_guard lock(mutex_);
  --running_;
  changed_.notify_all();
  const bool live = std::exchange(watcher.live, false);
  if (live) --live_;
  watcher.story.last = status;
  if (closing_) return;
  if (status.ok()) {
    watcher.finished = true;
    ++finished_;
    return;
  }
  if (on_end_) on_end_();
  ++ends_;
  watcher.story.ends.push_back({status, trailer_token, watcher.token, live || !trailer_token.empty(), absl::Now()});
  const absl::Duration pause = client::DecodeError(status).retry_delay.value_or(absl::Milliseconds(100));
  due_.emplace(absl::Now() + pause, &watcher);
}

size_t Watchers::live() {
  std::lock_guard lock(mutex_);
  return live_;
}

size_t Watchers::ends() {
  std::lock_guard lock(mutex_);
  return ends_;
}

size_t Watchers::finished() {
  std::lock_guard lock(mutex_);
  return finished_;
}

std::vector<Watchers::Story> Watchers::Stories() {
  std::lock_guard lock(mutex_);
  std::vector<Story> stories;
  for (const auto& watcher : watchers_) stories.push_back(watcher->story);
  return stories;
}

}  // namespace seedance::e2e
