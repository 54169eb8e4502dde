#ifndef SEEDANCE_SERVICE_SERVER_ADMIN_REQUEST_H_
#define SEEDANCE_SERVICE_SERVER_ADMIN_REQUEST_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "service/upstream/upstream.h"

namespace seedance::server {

// Head of a request to the admin server.
//
// Tests: tests/unit/server/admin_server_test.cc, tests/unit/server/admin_attack_test.cc
struct AdminRequest {
  std::string method;
  std::string path;   // Decoded, without the query.
  std::string range;  // Value of the header; empty when absent, here and below.
  std::string if_range;
  std::string content_length;
  std::string transfer_encoding;
  std::string content_encoding;
  std::string content_type;
  std::string expect;
  upstream::WebhookHeaders headers;  // All of them.
};

// Parses a request line and headers, without the empty line after them. nullopt: not HTTP/1.0 or 1.1, or ambiguous: a
// control character, a folded header, a blank before a colon, or a repeated header among those above.
std::optional<AdminRequest> ParseRequestHead(std::string_view head);

// Decodes a body as its bytes arrive, with or without chunked encoding. For one thread.
class AdminBody {
 public:
  enum class State { kMore, kWhole, kTooLarge, kBad };

  // A body of `length` bytes.
  static AdminBody OfLength(size_t length) { return AdminBody(false, length, length); }
  // A chunked body of at most `max_bytes`. Framing and trailers may have four times as many.
  static AdminBody Chunked(size_t max_bytes) { return AdminBody(true, 0, max_bytes); }

  // Decodes more bytes. Ignores what follows the end of the body.
  State Take(std::string_view bytes);

  const std::string& content() const { return content_; }

 private:
  // What the next byte belongs to.
  enum class Part { kSize, kExtension, kSizeEnd, kData, kDataEnd, kDataEndFeed, kTrailer, kTrailerEnd };

  AdminBody(bool chunked, size_t length, size_t max_bytes) : chunked_(chunked), left_(length), max_bytes_(max_bytes) {}
  State TakeData(std::string_view& bytes);
  State TakeFrame(char c);
  State TakeSizeDigit(char c);

  bool chunked_;
  Part part_ = Part::kSize;
  size_t left_;  // Bytes left of the chunk, or of the whole body.
  size_t max_bytes_;
  size_t framed_ = 0;  // Bytes of framing and trailers.
  size_t digits_ = 0;  // Digits of the chunk size.
  bool line_empty_ = true;
  std::string content_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_REQUEST_H_
