#ifndef SEEDANCE_TESTS_BENCH_STALLED_READERS_H_
#define SEEDANCE_TESTS_BENCH_STALLED_READERS_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"

namespace seedance::bench {

// Watch streams that nobody reads: each on a connection of its own with the smallest window that HTTP/2 allows gRPC, so
// that the server can send a few bytes and no more.
class StalledReaders {
 public:
  StalledReaders(const std::string& endpoint, const std::string& task, int streams);
  // Cancels them and waits until they have ended.
  ~StalledReaders();

  // Waits until the server has answered every stream with its headers.
  bool AwaitOpen(absl::Duration timeout);

  // Streams that have ended.
  int ended();

 private:
  class Stream;

  void OnOpen();
  void OnEnd();

  std::vector<std::unique_ptr<gateway::v1::GenerationTaskService::Stub>> stubs_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t open_ = 0;   // Guarded by mutex_.
  size_t ended_ = 0;  // Guarded by mutex_.
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_STALLED_READERS_H_
