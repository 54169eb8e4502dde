#ifndef SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_OBSERVER_H_
#define SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_OBSERVER_H_

#include <string>

namespace seedance::engine {

class RequestDispatcher;

// What the dispatchers of all upstreams ask and tell. Thread-safe; outlives them.
//
// Tests: tests/unit/engine/dispatch/request_dispatcher_test.cc
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;

  // Whether there is something at the upstream that will be due for a poll. Called under the dispatcher's lock: must
  // not block, nor call it.
  virtual bool HasToPoll(const std::string& upstream) = 0;

  // Why submissions wait at `requests` has changed, or may have. Called without a lock: at once when the vendor goes
  // down, comes back or asks for a cooldown, else every kTellPause while any waits.
  virtual void OnWaits(RequestDispatcher& requests) = 0;
};

}  // namespace seedance::engine

#endif  // SEEDANCE_SERVICE_ENGINE_DISPATCH_REQUEST_OBSERVER_H_
