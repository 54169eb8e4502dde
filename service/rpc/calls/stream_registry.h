#ifndef SEEDANCE_SERVICE_RPC_CALLS_STREAM_REGISTRY_H_
#define SEEDANCE_SERVICE_RPC_CALLS_STREAM_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/clock.h"
#include "service/base/mutex.h"
#include "service/base/random.h"
#include "service/rpc/calls/stream_age.h"

namespace seedance::rpc {

// UNAVAILABLE: the server shuts down, come back at another one. The delay in RetryInfo is random, 0.75 to 2 s after
// `busy`, so that thousands of streams do not come back in the same instant.
absl::Status DrainingError(base::Random& random, absl::Duration busy = absl::ZeroDuration());

// UNAVAILABLE: the connection is old, come back on a new one. RetryInfo as above, up to half a second.
absl::Status AgedError(base::Random& random);

// A stream that the server may end.
class EndableStream {
 public:
  virtual ~EndableStream() = default;
  // Ends the stream with `status`, after what it is writing now. Does nothing when it is ending already. Must not
  // block.
  virtual void End(const absl::Status& status) = 0;
};

// All open watch streams: bounds their number, in all and per tenant, and ends them when their connection is old or the
// server drains. Thread-safe.
class StreamRegistry {
 public:
  struct Options {
    size_t limit = 20000;
    size_t limit_per_tenant = 20000;
    StreamAge age;
    // When the connection of this peer (as gRPC writes it) was accepted; nullopt: not known. Null: none is.
    std::function<std::optional<absl::Time>(std::string_view peer)> connected_at;
  };

  StreamRegistry(Options options, base::Clock& clock, base::Random& random)
      : options_(std::move(options)), clock_(clock), random_(random) {}

  // Takes a place for the stream. RESOURCE_EXHAUSTED (quota subject `gateway:watch_streams` or `tenant:<name>`) when
  // all are taken, UNAVAILABLE when draining.
  absl::Status Enter(EndableStream* stream, std::weak_ptr<EndableStream> reference, const std::string& tenant,
                     std::string_view peer);

  // Gives the place back, if the stream has one.
  void Leave(EndableStream* stream);

  // Ends the streams whose connection is old enough, with AgedError. Returns when to look again; InfiniteFuture: there
  // is no limit of age.
  absl::Time EndAged();

  // From now on Enter refuses; ends every stream with DrainingError. Returns when all should have ended, `latest` at
  // most. No delay that a stream or Enter tells ends before all should have ended, at the pace seen so far.
  absl::Time Drain(absl::Time latest = absl::InfiniteFuture());

  // Waits until there is none, or for the deadline.
  void AwaitNone(absl::Time deadline);

  size_t size();

 private:
  using ByTenant = std::map<std::string, size_t>;  // Entries point into it.
  struct Entry {
    std::weak_ptr<EndableStream> reference;
    ByTenant::iterator tenant;
    absl::Time end;
  };
  using Held = std::vector<std::shared_ptr<EndableStream>>;

  absl::Status AdmitLocked(const std::string& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  base::CondVar none_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time ended_by_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  ByTenant by_tenant_ ABSL_GUARDED_BY(mutex_);  // Keeps a tenant that had a stream once; tenants are few.
  std::unordered_map<EndableStream*, Entry> streams_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, EndableStream*>> by_end_ ABSL_GUARDED_BY(mutex_);  // Only those with an end.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_STREAM_REGISTRY_H_
