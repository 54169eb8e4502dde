#ifndef SEEDANCE_TESTS_BENCH_CLOSED_LOOP_H_
#define SEEDANCE_TESTS_BENCH_CLOSED_LOOP_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace seedance::bench {

// What a closed loop of calls came to.
struct LoopResult {
  double per_second = 0;  // Calls that succeeded.
  int64_t failures = 0;
  int64_t calls = 0;  // All, those of the warm-up too.
};

// Keeps `in_flight` calls under way for `time`, after a warm-up of a fifth of it. `issue` starts one asynchronous call
// and has `done` called once when it has ended, on any thread; the next call is issued from there.
using Done = std::function<void(bool ok)>;
using Issue = std::function<void(int slot, Done done)>;
LoopResult RunAsync(int in_flight, absl::Duration time, const Issue& issue);

// The same for calls that block: one thread each. `call` returns whether it succeeded.
LoopResult RunThreads(int in_flight, absl::Duration time, const std::function<bool(int slot)>& call);

// A few connections to one server, each of its own, and stubs of a service on them.
template <typename Service>
class Stubs {
 public:
  Stubs(const std::string& endpoint, int connections) {
    for (int i = 0; i < connections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      stubs_.push_back(
          Service::NewStub(grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments)));
    }
  }

  typename Service::Stub& Of(int slot) { return *stubs_[static_cast<size_t>(slot) % stubs_.size()]; }

 private:
  std::vector<std::unique_ptr<typename Service::Stub>> stubs_;
};

}  // namespace seedance::bench

#endif  // SEEDANCE_TESTS_BENCH_CLOSED_LOOP_H_
