#ifndef SEEDANCE_SERVICE_SERVER_ADMIN_STREAM_H_
#define SEEDANCE_SERVICE_SERVER_ADMIN_STREAM_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "service/base/cancel.h"
#include "service/upstream/connection.h"
#include "service/upstream/io_limit.h"

namespace seedance::server {

// One connection of the admin server, whose every wait and size is bounded: httplib's own server has no limits of heads
// and of chunked bodies, and no total times. For one thread.
class AdminStream {
 public:
  struct Limits {
    absl::Duration receive_time;
    absl::Duration write_pause;
    absl::Duration exchange_time;
    size_t max_body = 0;  // Bytes after the head, frames of chunks included.
  };

  enum class Head { kWhole, kTooLong, kNone };

  // Takes `fd` over, non-blocking.
  AdminStream(int fd, const Limits& limits, std::shared_ptr<base::CancelToken> cancel);

  // Reads the request line and the headers, which Read hands out later. kNone: the peer went away or was too slow.
  Head ReadHead();
  // The Range header, which Read does not hand out.
  const std::string& range() const { return range_; }

  // As read(2) and write(2), whole writes only; -1 when a limit is reached.
  ssize_t Read(char* data, size_t size);
  bool Write(std::string_view data);
  bool broken() const { return broken_; }

  // Ends the answer, and takes in for a moment what the peer still sends: bytes left unread at the close would reset
  // the connection, and the peer might lose the answer.
  void Linger();

 private:
  void TakeRangeOut();

  const Limits limits_;
  upstream::Connection connection_;
  upstream::IoLimit limit_;
  std::string head_;  // What was read ahead, the begin of the body included.
  size_t handed_out_ = 0;
  size_t body_left_;
  std::string range_;
  bool broken_ = false;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_STREAM_H_
