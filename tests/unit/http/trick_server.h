#ifndef SEEDANCE_TESTS_UNIT_HTTP_TRICK_SERVER_H_
#define SEEDANCE_TESTS_UNIT_HTTP_TRICK_SERVER_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "service/base/mutex.h"

namespace seedance::http {

// One accepted connection of a TrickServer. Closed when the script returns.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}

  // Reads one request: its head (returned; empty when the connection ended) and a body with Content-Length or chunks,
  // whose bytes are only counted.
  std::string ReadRequest();
  size_t body_bytes() const { return body_bytes_; }
  // Reads no further than the head.
  std::string ReadHead();

  // False when the connection has broken.
  bool Send(std::string_view text);
  // Ends the connection in order.
  void Close();
  // Waits at most `time` for bytes or the end of the other side. False: neither came.
  bool AwaitInput(absl::Duration time);
  // Waits until the other side closes.
  void AwaitClose();
  // The next close sends RST.
  void ResetOnClose();
  // Copies bytes both ways between this connection and `port` on this machine until one side ends.
  void Tunnel(int port);

 private:
  bool Fill();
  bool SkipBytes(size_t length);
  bool SkipChunks();

  const int fd_;
  std::string buffer_;
  size_t body_bytes_ = 0;
};

// A TCP server on 127.0.0.1 that behaves as badly as its script. Connections are served side by side, each by
// script(peer, number) with number counting from 1; a waiting script ends when the client closes.
class TrickServer {
 public:
  using Script = std::function<void(Peer&, int)>;

  explicit TrickServer(Script script);
  ~TrickServer();

  int port() const { return port_; }
  std::string url(const std::string& path = "/") const;
  // Connections accepted so far.
  int connections();

 private:
  void Run();

  const Script script_;
  int listener_ = -1;
  int port_ = 0;
  base::Mutex mutex_;
  int connections_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> peers_;  // Of the accepting thread.
  std::thread thread_;
};

// `HTTP/1.1 200 OK` with a JSON body.
std::string OkReply(const std::string& body);

// A flag that one thread sets and others wait for.
class Signal {
 public:
  void Set();
  void Wait();

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  bool set_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace seedance::http

#endif  // SEEDANCE_TESTS_UNIT_HTTP_TRICK_SERVER_H_
