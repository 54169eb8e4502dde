#ifndef SEEDANCE_SERVICE_RPC_WATCH_STREAMS_H_
#define SEEDANCE_SERVICE_RPC_WATCH_STREAMS_H_

#include <memory>
#include <unordered_map>

#include "absl/status/status.h"
#include "service/base/mutex.h"

namespace seedance::rpc {

// UNAVAILABLE: the server shuts down, come back at another one.
absl::Status DrainingError();

// A stream that must be told when the server drains.
class DrainableStream {
 public:
  virtual ~DrainableStream() = default;
  // Ends the stream with DrainingError. Must not block.
  virtual void EndForDrain() = 0;
};

// All open watch streams: bounds their number and ends them on drain. Also the place where calls learn that the server
// drains. Thread-safe.
class WatchStreams {
 public:
  explicit WatchStreams(size_t limit) : limit_(limit) {}

  // Takes a place for the stream. RESOURCE_EXHAUSTED when all are taken, UNAVAILABLE when draining.
  absl::Status Enter(DrainableStream* stream, std::weak_ptr<DrainableStream> reference);

  // Gives the place back, if the stream has one.
  void Leave(DrainableStream* stream);

  // From now on draining() is true and Enter refuses; ends every stream.
  void Drain();

  bool draining();
  size_t size();

 private:
  const size_t limit_;
  base::Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_map<DrainableStream*, std::weak_ptr<DrainableStream>> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_WATCH_STREAMS_H_
