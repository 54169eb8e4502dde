#ifndef SEEDANCE_SERVICE_HTTP_HTTPLIB_CODEC_H_
#define SEEDANCE_SERVICE_HTTP_HTTPLIB_CODEC_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/http/url.h"

// HTTP/1.1 as bytes: writes a request and reads its reply. The only source of the service that knows cpp-httplib, whose
// internals it depends on (decision 48).
//
// Tests: tests/unit/http/http_transport_test.cc, tests/unit/http/http_streams_test.cc
namespace seedance::http {

// The peer.
class CodecStream {
 public:
  virtual ~CodecStream() = default;
  // Reads at most `size` bytes. 0: the peer closed; negative: failed. The request has been written completely, or not
  // at all.
  virtual ssize_t Read(char* data, size_t size) = 0;
  virtual bool Write(std::string_view bytes) = 0;
  // Whether further writes are of use.
  virtual bool Writable() const = 0;
};

struct CodecRequest {
  std::string method;
  std::string target;                                        // Sent as it is.
  std::vector<std::pair<std::string, std::string>> headers;  // All of them but those of a body's length.
  bool has_body = false;
  std::optional<int64_t> body_size;  // With a body; not set: it is sent in chunks.
};

// What an exchange asks for and tells of. False, or nothing, breaks it off.
class CodecEvents {
 public:
  virtual ~CodecEvents() = default;
  // The bytes of the body from `offset`, at most `left` of a body of known size; valid until the next call. Empty: the
  // end of a body in chunks.
  virtual std::optional<std::string_view> NextOfBody(size_t offset, size_t left) = 0;
  // Once, before any byte of the body. Names of headers are in lower case; of repeated ones the first counts.
  virtual bool OnHead(int status, bool http_1_0, std::map<std::string, std::string> headers) = 0;
  // The next bytes of the body, without their framing.
  virtual bool OnBody(std::string_view bytes) = 0;
};

struct CodecResult {
  bool whole = false;  // By what the codec knows; it takes some truncated bodies for whole ones.
  std::string error;   // Why not, for logs.
};

// Runs one exchange. `url`: whose target is asked for. May throw what cpp-httplib throws.
CodecResult RunCodec(const CodecRequest& request, const Url& url, CodecStream& stream, CodecEvents& events);

}  // namespace seedance::http

#endif  // SEEDANCE_SERVICE_HTTP_HTTPLIB_CODEC_H_
