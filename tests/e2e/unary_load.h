#ifndef SEEDANCE_TESTS_E2E_UNARY_LOAD_H_
#define SEEDANCE_TESTS_E2E_UNARY_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"

namespace seedance::e2e {

// A channel as an ordinary client makes it: waits for a server, and gRPC's own retry policy for UNAVAILABLE, five
// attempts. `target` may hold several addresses: `ipv4:127.0.0.1:1,127.0.0.1:2`. `policy`: `pick_first` or
// `round_robin`. Has connections of its own.
std::shared_ptr<grpc::Channel> OrdinaryChannel(const std::string& target, const std::string& policy = "pick_first");

// Steady unary calls, each thread one after the other with a small pause; no retries but those of the channel.
class UnaryLoad {
 public:
  // One thread per channel and call: reads of `task`, and on every fourth channel creates with a request id.
  UnaryLoad(const std::vector<std::shared_ptr<grpc::Channel>>& channels, const std::string& task);
  ~UnaryLoad() { Stop(); }

  // Waits for the calls under way. May be called twice.
  void Stop();

  int64_t good() const { return good_; }
  int64_t creates() const { return creates_; }
  // Failed calls by status, `14 text`.
  std::map<std::string, int> failures();
  absl::Duration longest();

 private:
  void Run(const std::shared_ptr<grpc::Channel>& channel, const std::string& task, bool create);
  void Count(const grpc::Status& status, absl::Duration took);

  std::atomic<bool> stop_{false};
  std::atomic<int64_t> good_{0};
  std::atomic<int64_t> creates_{0};
  std::mutex mutex_;
  std::map<std::string, int> failures_;  // Guarded by mutex_.
  absl::Duration longest_;               // Guarded by mutex_.
  std::vector<std::thread> threads_;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_UNARY_LOAD_H_
