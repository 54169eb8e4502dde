#ifndef SEEDANCE_SERVICE_HTTP_IO_LIMIT_H_
#define SEEDANCE_SERVICE_HTTP_IO_LIMIT_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "service/base/cancel.h"

namespace seedance::http {

// Bounds every wait of one exchange: a deadline, and a CancelToken that ends waits at once. For one thread; only the
// token is used by others.
class IoLimit {
 public:
  // `cancel` may be null.
  IoLimit(absl::Time deadline, std::shared_ptr<base::CancelToken> cancel);
  ~IoLimit();
  IoLimit(const IoLimit&) = delete;
  IoLimit& operator=(const IoLimit&) = delete;

  // Waits until `fd` is ready for `events` (of poll(2)). False when the limit was reached first.
  bool Wait(int fd, short events);

  // True once the token is cancelled, the deadline or the end of the phase has passed.
  bool Reached();

  // An earlier end for what follows, until it is set again; InfiniteFuture: none.
  void SetPhaseEnd(absl::Time end) { phase_end_ = end; }

  bool cancelled() const { return cancelled_; }
  // Whether the deadline was met; the end of a phase does not count.
  bool timed_out() const { return timed_out_; }
  absl::Time deadline() const { return deadline_; }

 private:
  const absl::Time deadline_;
  const std::shared_ptr<base::CancelToken> cancel_;
  absl::Time phase_end_ = absl::InfiniteFuture();
  int event_ = -1;  // Becomes readable when cancelled.
  uint64_t callback_ = 0;
  bool cancelled_ = false;
  bool timed_out_ = false;
};

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_IO_LIMIT_H_
