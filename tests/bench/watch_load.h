#ifndef SEEDANCE_TESTS_BENCH_WATCH_LOAD_H_
#define SEEDANCE_TESTS_BENCH_WATCH_LOAD_H_

#include <grpcpp/channel.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "seedance/gateway/v1/generation_task.grpc.pb.h"

namespace seedance::bench {

// Many watch streams of one task or several, over some connections, on gRPC's callback threads. Thread-safe.
class WatchLoad {
 public:
  // Opens `streams` streams over `connections` connections; stream i watches `tasks[i % tasks.size()]`.
  WatchLoad(const std::string& endpoint, const std::vector<std::string>& tasks, int streams, int connections);
  // Cancels all streams and waits until they have ended.
  ~WatchLoad();

  // Waits until every stream has had its first message.
  bool AwaitOpen(absl::Duration timeout);

  // Starts a round: from now on each stream's next snapshot counts.
  void BeginRound();
  struct Round {
    bool complete = false;     // Every stream had a snapshot.
    absl::Duration spread;     // From the first delivery to the last.
    absl::Time last;           // The last delivery.
    std::vector<double> late;  // Of each stream in milliseconds after the first, in no order.
  };
  Round AwaitRound(absl::Duration timeout);

  // Streams that ended by themselves.
  int failures();

 private:
  class Stream;

  void OnOpen();
  void OnSnapshot(Stream& stream, absl::Time at);
  void OnEnd();

  std::vector<std::unique_ptr<gateway::v1::GenerationTaskService::Stub>> stubs_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t open_ = 0;  // Guarded by mutex_, like all below.
  size_t ended_ = 0;
  int failures_ = 0;
  bool closing_ = false;
  uint64_t round_ = 0;
  std::vector<absl::Time> delivered_;
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_WATCH_LOAD_H_
