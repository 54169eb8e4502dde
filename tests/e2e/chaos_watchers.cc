#include "tests/e2e/chaos_watchers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cpp/watch.h"
#include "tests/e2e/chaos_fixture.h"

namespace seedance::e2e {
namespace {

constexpr int64_t kLongestPauseMillis = 200;

std::vector<Sighting> SightingsOf(const std::vector<std::string>& tasks, size_t watchers) {
  std::vector<Sighting> sightings(watchers);
  for (size_t i = 0; i < watchers; ++i) sightings[i].task = tasks[i % tasks.size()];
  return sightings;
}

}  // namespace

void ExpectOneEndAndNoRevisionTwice(const std::vector<Sighting>& sightings) {
  for (size_t i = 0; i < sightings.size(); ++i) {
    const Sighting& sighting = sightings[i];
    SCOPED_TRACE(::testing::Message() << "watcher " << i << " of " << sighting.task << ", " << sighting.streams
                                      << " streams");
    EXPECT_TRUE(sighting.ended);
    EXPECT_EQ(sighting.problem, "");
    EXPECT_EQ(sighting.terminal, 1);
    for (size_t k = 1; k < sighting.revisions.size(); ++k) {
      EXPECT_GT(sighting.revisions[k], sighting.revisions[k - 1]) << "at " << k;
    }
  }
}

int64_t StreamsOf(const std::vector<Sighting>& sightings) {
  int64_t streams = 0;
  for (const Sighting& sighting : sightings) streams += sighting.streams;
  return streams;
}

void Sighting::See(const v1::WatchGenerationTaskResponse& message) {
  if (!message.resume_token().empty()) resume_token = message.resume_token();
  if (message.heartbeat()) return;
  revisions.push_back(message.generation_task().revision());
  if (client::IsTerminal(message.generation_task().state())) ++terminal;
}

// One stream. gRPC calls its reactions one at a time.
class RawWatchers::Watcher : public grpc::ClientReadReactor<v1::WatchGenerationTaskResponse> {
 public:
  Watcher(RawWatchers& owner, size_t index) : owner_(owner), index_(index) {
    Sighting& sighting = owner.sightings_[index];
    const size_t connection = (index + static_cast<size_t>(sighting.streams)) % owner.apis_.size();
    ++sighting.streams;
    request_.set_name(sighting.task);
    request_.set_resume_token(sighting.resume_token);
    context_ = owner.apis_[connection]->Context();
    owner.stubs_[connection]->async()->WatchGenerationTask(context_.get(), &request_, this);
    StartRead(&message_);
  }

  void Begin() { StartCall(); }
  void Cancel() { context_->TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    owner_.sightings_[index_].See(message_);
    StartRead(&message_);
  }
  void OnDone(const grpc::Status& status) override { owner_.Ended(index_, status); }

 private:
  RawWatchers& owner_;
  const size_t index_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::WatchGenerationTaskRequest request_;
  v1::WatchGenerationTaskResponse message_;
};

RawWatchers::RawWatchers(const std::vector<std::string>& endpoints, const std::vector<std::string>& tasks,
                         size_t watchers, size_t connections, uint64_t seed)
    : sightings_(SightingsOf(tasks, watchers)), random_(seed), open_(watchers) {
  for (size_t i = 0; i < connections; ++i) {
    apis_.push_back(std::make_unique<Api>(endpoints[i % endpoints.size()], ""));
    stubs_.push_back(v1::GenerationTaskService::NewStub(apis_.back()->channel()));
  }
  for (size_t i = 0; i < watchers; ++i) to_open_.emplace_back(absl::InfinitePast(), i);
  thread_ = std::thread([this] { Run(); });
}

RawWatchers::~RawWatchers() {
  {
    base::MutexLock lock(mutex_);
    stopped_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
  base::MutexLock lock(mutex_);
  for (const auto& watcher : open_) {
    if (watcher != nullptr) watcher->Cancel();
  }
  while (running_ > 0) changed_.Wait(mutex_);
}

size_t RawWatchers::ended() {
  base::MutexLock lock(mutex_);
  return ended_;
}

void RawWatchers::Run() {
  for (;;) {
    Watcher* fresh = nullptr;
    {
      base::MutexLock lock(mutex_);
      while (!stopped_ && (to_open_.empty() || to_open_.front().first > absl::Now())) {
        changed_.WaitFor(mutex_, std::chrono::milliseconds(10));
      }
      if (stopped_) return;
      const size_t index = to_open_.front().second;
      to_open_.pop_front();
      ++running_;
      // The one before it has ended, and gRPC has left it.
      open_[index] = std::make_unique<Watcher>(*this, index);
      fresh = open_[index].get();
    }
    fresh->Begin();
  }
}

void RawWatchers::Ended(size_t watcher, const grpc::Status& status) {
  base::MutexLock lock(mutex_);
  --running_;
  changed_.NotifyAll();
  Sighting& sighting = sightings_[watcher];
  if (!status.ok() && IsTransient(status, client::DecodeError(status))) {
    to_open_.emplace_back(absl::Now() + absl::Milliseconds(random_() % kLongestPauseMillis), watcher);
    return;
  }
  if (!status.ok()) sighting.problem = absl::StrCat(status.error_code(), ": ", status.error_message());
  sighting.ended = true;
  ++ended_;
}

LibraryWatchers::LibraryWatchers(const std::string& endpoint, const std::vector<std::string>& tasks, size_t watchers)
    : sightings_(SightingsOf(tasks, watchers)) {
  client::ClientOptions options;
  options.endpoint = endpoint;
  options.retry.attempts = options.retry.stream_attempts = 10000;
  options.retry.maximum = absl::Seconds(1);
  client_ = Must(client::Client::Create(options));
  for (Sighting& sighting : sightings_) threads_.emplace_back([this, &sighting] { Watch(sighting); });
}

LibraryWatchers::~LibraryWatchers() {
  canceller_.Cancel();
  for (std::thread& thread : threads_) thread.join();
}

size_t LibraryWatchers::ended() {
  base::MutexLock lock(mutex_);
  return ended_;
}

void LibraryWatchers::Watch(Sighting& sighting) {
  client::WatchOptions options;
  options.canceller = &canceller_;
  options.on_reconnect = [&](const absl::Status&, absl::Duration) { ++sighting.streams; };
  ++sighting.streams;
  const absl::StatusOr<v1::GenerationTask> last = client_->WatchGenerationTask(
      sighting.task,
      [&](const v1::GenerationTask& task) {
        sighting.revisions.push_back(task.revision());
        if (client::IsTerminal(task.state())) ++sighting.terminal;
      },
      options);
  if (!last.ok()) sighting.problem = last.status().ToString();
  base::MutexLock lock(mutex_);
  sighting.ended = true;
  ++ended_;
}

}  // namespace seedance::e2e
