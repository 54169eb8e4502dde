#ifndef SEEDANCE_TESTS_E2E_WATCHERS_H_
#define SEEDANCE_TESTS_E2E_WATCHERS_H_

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"

namespace seedance::e2e {

namespace v1 = gateway::v1;

// Thousands of subscribers that resume by themselves: each watches a task to its end, and whenever its stream breaks
// off it opens another one with its last token, after the pause that the gateway asks for. On gRPC's callback threads.
// Thread-safe.
class Watchers {
 public:
  // How a stream ended that was not the last of its watcher.
  struct End {
    grpc::Status status;
    std::string trailer_token;  // Trailer `resume-token`.
    std::string token;          // Of the last message, or with which the stream was opened.
    bool began = false;         // The stream had brought a message, or was opened with a token that it gave back.
    absl::Time time;
  };
  // What one watcher saw.
  struct Story {
    std::string task;
    std::vector<int64_t> revisions;  // Of its snapshots, in order.
    int terminal = 0;                // Snapshots with a terminal state.
    std::vector<End> ends;
    grpc::Status last;  // Of its last stream.
  };

  // Opens `count` streams over `connections` channels made by `channel`; watcher i watches `tasks[i % tasks.size()]`.
  // `on_end` is called before a broken stream is told of; it may be null.
  Watchers(const std::function<std::shared_ptr<grpc::Channel>()>& channel, const std::vector<std::string>& tasks,
           size_t count, size_t connections, std::function<void()> on_end = nullptr);
  // Cancels what is open.
  ~Watchers();

  size_t count() const { return watchers_.size(); }
  // Watchers whose present stream has brought a message, heartbeats included.
  size_t live();
  // Broken streams so far, of all watchers.
  size_t ends();
  // Watchers whose stream ended OK.
  size_t finished();

  // Call it when nothing moves any more.
  std::vector<Story> Stories();

 private:
  class Stream;
  struct Watcher {
    v1::GenerationTaskService::Stub* stub = nullptr;
    Story story;
    std::string token;
    bool live = false;
    bool finished = false;
    std::unique_ptr<Stream> stream;
  };

  void Open(Watcher& watcher);
  void OnMessage(Watcher& watcher, const v1::WatchGenerationTaskResponse& message);
  void OnDone(Watcher& watcher, const grpc::Status& status, const std::string& trailer_token);
  void Run();

  const std::function<void()> on_end_;
  std::vector<std::unique_ptr<v1::GenerationTaskService::Stub>> stubs_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closing_ = false;  // Guarded by mutex_, like all below.
  size_t running_ = 0;
  size_t live_ = 0;
  size_t ends_ = 0;
  size_t finished_ = 0;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::multimap<absl::Time, Watcher*> due_;  // To be opened.
  std::thread opener_;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_WATCHERS_H_
