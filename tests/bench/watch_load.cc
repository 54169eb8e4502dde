#include "tests/bench/watch_load.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"

namespace seedance::bench {

namespace v1 = gateway::v1;

namespace {

bool IsOver(v1::GenerationTask::State state) {
  return state == v1::GenerationTask::STATE_SUCCEEDED || state == v1::GenerationTask::STATE_FAILED ||
         state == v1::GenerationTask::STATE_CANCELLED || state == v1::GenerationTask::STATE_EXPIRED ||
         state == v1::GenerationTask::STATE_LOST;
}

}  // namespace

class WatchLoad::Stream : public grpc::ClientReadReactor<v1::WatchGenerationTaskResponse> {
 public:
  Stream(WatchLoad& load, v1::GenerationTaskService::Stub& stub, const std::string& task) : load_(load) {
    request_.set_name(task);
    stub.async()->WatchGenerationTask(&context_, &request_, this);
    StartRead(&message_);
    StartCall();
  }

  void Cancel() { context_.TryCancel(); }

  // Called with the load's mutex held.
  bool Counts(uint64_t round) { return std::exchange(counted_, round) != round; }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const absl::Time now = absl::Now();
    if (!message_.heartbeat()) load_.OnSnapshot(*this, message_.generation_task(), now);
    if (!opened_) load_.OnOpen();
    opened_ = true;
    StartRead(&message_);
  }

  void OnDone(const grpc::Status& status) override { load_.OnEnd(status.ok()); }

 private:
  WatchLoad& load_;
  grpc::ClientContext context_;
  v1::WatchGenerationTaskRequest request_;
  v1::WatchGenerationTaskResponse message_;
  bool opened_ = false;
  uint64_t counted_ = 0;
};

WatchLoad::WatchLoad(const std::string& endpoint, const std::vector<std::string>& tasks, int streams, int connections) {
  for (int i = 0; i < connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs_.push_back(v1::GenerationTaskService::NewStub(
        grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments)));
  }
  for (int i = 0; i < streams; ++i) {
    streams_.push_back(std::make_unique<Stream>(*this, *stubs_[i % stubs_.size()], tasks[i % tasks.size()]));
  }
}

WatchLoad::~WatchLoad() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  for (const auto& stream : streams_) stream->Cancel();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ == streams_.size(); });
}

bool WatchLoad::AwaitOpen(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout), [this] { return open_ == streams_.size(); });
}

void WatchLoad::BeginRound() {
  std::lock_guard lock(mutex_);
  ++round_;
  delays_.clear();
  delays_.reserve(streams_.size());
}

WatchLoad::Round WatchLoad::AwaitRound(absl::Duration timeout) {
  std::unique_lock lock(mutex_);
  Round round;
  round.complete = changed_.wait_for(lock, absl::ToChronoMilliseconds(timeout),
                                     [this] { return delays_.size() == streams_.size(); });
  round.delays = delays_;
  std::sort(round.delays.begin(), round.delays.end());
  return round;
}

double WatchLoad::Round::Quantile(double q) const {
  if (delays.empty()) return 0;
  return delays[std::min(delays.size() - 1, static_cast<size_t>(q * static_cast<double>(delays.size())))];
}

std::map<std::string, absl::Time> WatchLoad::ends() {
  std::lock_guard lock(mutex_);
  return ends_;
}

int WatchLoad::failures() {
  std::lock_guard lock(mutex_);
  return failures_;
}

void WatchLoad::OnOpen() {
  std::lock_guard lock(mutex_);
  if (++open_ == streams_.size()) changed_.notify_all();
}

void WatchLoad::OnSnapshot(Stream& stream, const v1::GenerationTask& task, absl::Time at) {
  const absl::Time changed =
      absl::FromUnixSeconds(task.update_time().seconds()) + absl::Nanoseconds(task.update_time().nanos());
  std::lock_guard lock(mutex_);
  if (IsOver(task.state())) ends_.try_emplace(task.name(), at);
  if (round_ == 0 || !stream.Counts(round_)) return;
  delays_.push_back(absl::ToDoubleMilliseconds(at - changed));
  if (delays_.size() == streams_.size()) changed_.notify_all();
}

void WatchLoad::OnEnd(bool ok) {
  std::lock_guard lock(mutex_);
  failures_ += closing_ || ok ? 0 : 1;
  ++ended_;
  changed_.notify_all();
}

}  // namespace seedance::bench
