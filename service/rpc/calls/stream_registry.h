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

// UNAVAILABLE: the server shuts down; retry with another one. RetryInfo is random, 0.75 to 2 s after `busy`, so that
// streams do not return all at once.
absl::Status DrainingError(base::Random& random, absl::Duration busy = absl::ZeroDuration());

// UNAVAILABLE: the connection is old; retry on a new one. RetryInfo as above, up to half a second.
absl::Status AgedError(base::Random& random);

// A stream that the server may end.
class EndableStream {
 public:
  virtual ~EndableStream() = default;
  // Ends the stream with `status` after the present write. No effect when it is ending. Must not block.
  virtual void End(const absl::Status& status) = 0;
};

// All open watch streams: limits their number, in total and per tenant, and ends them when their connection is old or
// the server drains. Thread-safe.
class StreamRegistry {
 public:
  struct Options {
    // Open streams in total, and of one tenant.
    size_t limit = 20000;
    size_t limit_per_tenant = 20000;
    StreamAge age;
    // Time at which the connection of a peer (as gRPC writes it) was accepted; nullopt: unknown. Null: unknown for all.
    std::function<std::optional<absl::Time>(std::string_view peer)> connected_at;
  };

  StreamRegistry(Options options, base::Clock& clock, base::Random& random)
      : options_(std::move(options)),
        clock_(clock),
        random_(random),
        limit_(options_.limit),
        limit_per_tenant_(options_.limit_per_tenant) {}

  // Other limits from now on; open streams stay.
  void SetLimits(size_t limit, size_t limit_per_tenant);

  // Takes a place for the stream. RESOURCE_EXHAUSTED (quota subject `gateway:watch_streams` or `tenant:<name>`) when
  // none is free, UNAVAILABLE while draining.
  absl::Status Enter(EndableStream* stream, std::weak_ptr<EndableStream> reference, const std::string& tenant,
                     std::string_view peer);

  // Returns the place, if the stream has one.
  void Leave(EndableStream* stream);

  // Ends the streams whose end has come, with AgedError. Returns the time of the next check; InfiniteFuture: no limit
  // of age.
  absl::Time EndAged();

  // Makes Enter refuse and ends every stream with DrainingError. Returns the time by which all should have ended, at
  // most `latest`. The RetryInfo of streams and of Enter does not end before that time, at the pace seen so far.
  absl::Time Drain(absl::Time latest = absl::InfiniteFuture());

  // Waits until no stream is left, or until the deadline.
  void AwaitNone(absl::Time deadline);

  // Number of open streams.
  size_t size();

 private:
  using ByTenant = std::map<std::string, size_t>;  // Entries point into it.
  // A stream with its tenant and the time at which it must end.
  struct Entry {
    std::weak_ptr<EndableStream> reference;
    ByTenant::iterator tenant;
    absl::Time end;
  };
  // Streams kept alive while they are ended without the lock.
  using Held = std::vector<std::shared_ptr<EndableStream>>;

  // OK, or why there is no place for another stream of the tenant.
  absl::Status AdmitLocked(const std::string& tenant) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  base::Clock& clock_;
  base::Random& random_;
  base::Mutex mutex_;
  // Notified when the last stream leaves.
  base::CondVar none_;
  size_t limit_ ABSL_GUARDED_BY(mutex_);
  size_t limit_per_tenant_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time ended_by_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  ByTenant by_tenant_ ABSL_GUARDED_BY(mutex_);  // Entries are kept; tenants are few.
  std::unordered_map<EndableStream*, Entry> streams_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<absl::Time, EndableStream*>> by_end_ ABSL_GUARDED_BY(mutex_);  // Only streams with an end.
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_CALLS_STREAM_REGISTRY_H_
