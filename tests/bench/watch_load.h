#ifndef SEEDANCE_TESTS_BENCH_WATCH_LOAD_H_
#define SEEDANCE_TESTS_BENCH_WATCH_LOAD_H_

#include <grpcpp/channel.h>

#include <condition_variable>
#include <cstdint>
#include <map>
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
    bool complete = false;  // Every stream had a snapshot.
    // Milliseconds from the change, as the snapshot's update_time says, to each delivery; shortest first.
    std::vector<double> delays;

    double Last() const { return delays.empty() ? 0 : delays.back(); }
    double Quantile(double q) const;
  };
  Round AwaitRound(absl::Duration timeout);

  // Streams that ended by themselves with an error.
  int failures();

  // When each task was first seen in a state that ends it; tasks that were not are missing.
  std::map<std::string, absl::Time> ends();

 private:
  class Stream;

  void OnOpen();
  void OnSnapshot(Stream& stream, const gateway::v1::GenerationTask& task, absl::Time at);
  void OnEnd(bool ok);

  std::vector<std::unique_ptr<gateway::v1::GenerationTaskService::Stub>> stubs_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t open_ = 0;  // Guarded by mutex_, like all below.
  size_t ended_ = 0;
  int failures_ = 0;
  bool closing_ = false;
  std::map<std::string, absl::Time> ends_;
  uint64_t round_ = 0;
  std::vector<double> delays_;
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_WATCH_LOAD_H_
