#ifndef SEEDANCE_SERVICE_HTTP_IO_LIMIT_H_
#define SEEDANCE_SERVICE_HTTP_IO_LIMIT_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "service/base/cancel.h"

namespace seedance::http {

// Bounds every wait of one exchange by a deadline and a CancelToken, which ends waits at once. For one thread; other
// threads only cancel the token.
//
// Tests: tests/unit/http/http_transport_test.cc
class IoLimit {
 public:
  // `cancel` may be null. `deadline`: wall time of the real clock.
  IoLimit(absl::Time deadline, std::shared_ptr<base::CancelToken> cancel);
  ~IoLimit();
  IoLimit(const IoLimit&) = delete;
  IoLimit& operator=(const IoLimit&) = delete;

  // Waits until `fd` is ready for `events` (of poll(2)). False: the limit was reached first.
  bool Wait(int fd, short events);

  // Whether the token is cancelled, or the deadline or the end of the phase has passed.
  bool Reached();

  // Sets an earlier end for the following waits, until it is set again; InfiniteFuture: none.
  void SetPhaseEnd(absl::Time end) { phase_end_ = end; }

  bool cancelled() const { return cancelled_; }
  // Whether the deadline has passed; the end of a phase does not count.
  bool timed_out() const { return timed_out_; }
  absl::Time deadline() const { return deadline_; }

 private:
  const absl::Time deadline_;
  const std::shared_ptr<base::CancelToken> cancel_;
  absl::Time phase_end_ = absl::InfiniteFuture();
  int event_ = -1;  // eventfd; readable when cancelled. -1: no token.
  uint64_t callback_ = 0;
  bool cancelled_ = false;
  bool timed_out_ = false;
};

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_IO_LIMIT_H_
