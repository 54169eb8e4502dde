#ifndef SEEDANCE_TESTS_E2E_MUTE_CLIENT_H_
#define SEEDANCE_TESTS_E2E_MUTE_CLIENT_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace seedance::e2e {

// A client that sends and never reads a byte: HTTP/2 by hand, for gRPC's own clients always read.
class MuteClient {
 public:
  // Connects to `host:port` over loopback. Sends nothing yet.
  explicit MuteClient(const std::string& address);
  ~MuteClient();
  MuteClient(const MuteClient&) = delete;
  MuteClient& operator=(const MuteClient&) = delete;

  // Opens as many streams of WatchGenerationTask of the task. False: the connection is broken.
  bool Watch(const std::string& task, int streams);

  // Sends as many calls of GetGenerationTask, without a message, with these headers besides those of HTTP/2. Names and
  // values may hold any bytes and are shorter than 127 each. Returns how many bytes were sent; stops when the
  // connection breaks or takes no more.
  size_t Call(const std::vector<std::pair<std::string, std::string>>& headers, int calls);

  // Bytes that wait to be read.
  int unread() const;

 private:
  bool Send(const std::string& bytes);

  const int fd_;
};

}  // namespace seedance::e2e

#endif  // SEEDANCE_TESTS_E2E_MUTE_CLIENT_H_
