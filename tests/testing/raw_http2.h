#ifndef SEEDANCE_TESTS_TESTING_RAW_HTTP2_H_
#define SEEDANCE_TESTS_TESTING_RAW_HTTP2_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace seedance::testing {

// A gRPC peer over HTTP/2 frames by hand, for what gRPC's own clients never do: it never reads, never acknowledges
// SETTINGS, and leaves messages unfinished. Plain text over loopback. Throws std::runtime_error when it cannot connect.
class RawHttp2 {
 public:
  // `host:port`. Sends the preface; `initial_window` is what the server may send on a new stream.
  explicit RawHttp2(const std::string& address, uint32_t initial_window = 65535);
  ~RawHttp2();
  RawHttp2(const RawHttp2&) = delete;
  RawHttp2& operator=(const RawHttp2&) = delete;

  // Opens a stream of the method. Its number; 0 when the connection is broken.
  uint32_t Open(const std::string& path, const std::string& token = "");
  // Opens `count` streams with one write of the socket.
  bool OpenMany(const std::string& path, int count);
  // Sends as many calls of the method, each without a message and with these headers besides the pseudo-headers of
  // HTTP/2. Names and values may hold any bytes and are shorter than 127 each. Returns how many bytes were sent; stops
  // when the connection breaks, or takes nothing for five seconds.
  size_t Flood(const std::string& path, const std::vector<std::pair<std::string, std::string>>& headers, int calls);
  // Sends bytes on the stream. False: the connection is broken.
  bool Send(uint32_t stream, const std::string& bytes, bool end);
  // A gRPC message whose header says `declared` bytes.
  static std::string Message(const std::string& bytes, size_t declared);
  static std::string Message(const std::string& bytes) { return Message(bytes, bytes.size()); }

  // Bytes that wait to be read.
  int unread() const;
  // Whether the server has ended the connection. Reads and drops what is there.
  bool Ended();

 private:
  std::string Headers(const std::string& path, const std::string& token);
  // How much of it the connection took.
  size_t Put(const std::string& bytes);
  bool Write(const std::string& bytes) { return Put(bytes) == bytes.size(); }

  const int fd_;
  uint32_t next_ = 1;
};

}  // namespace seedance::testing

#endif  // SEEDANCE_TESTS_TESTING_RAW_HTTP2_H_
