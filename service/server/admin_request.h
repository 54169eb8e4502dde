#ifndef SEEDANCE_SERVICE_SERVER_ADMIN_REQUEST_H_
#define SEEDANCE_SERVICE_SERVER_ADMIN_REQUEST_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace seedance::server {

// A request of the admin server without its body.
struct AdminRequest {
  std::string method;
  std::string path;   // Decoded, without the query.
  std::string range;  // Headers; empty when there was none, here and below.
  std::string if_range;
  std::string webhook_secret;
  std::string content_length;
  std::string transfer_encoding;
  std::string content_encoding;
  std::string content_type;
  std::string expect;
};

// Reads a request line and headers, without the empty line that ends them. nullopt: this is no request of HTTP/1.0 or
// 1.1, or one that two readers might understand differently: a control character, a folded header, a blank before a
// colon, or two headers of the same name among those above.
std::optional<AdminRequest> ParseRequestHead(std::string_view head);

// The bytes of a body as they come, with or without chunks. For one thread.
class AdminBody {
 public:
  enum class State { kMore, kWhole, kTooLarge, kBad };

  // A body of `length` bytes.
  static AdminBody OfLength(size_t length) { return AdminBody(false, length, length); }
  // A body in chunks, of at most `max_bytes` together. Frames and trailers may have four times as much.
  static AdminBody Chunked(size_t max_bytes) { return AdminBody(true, 0, max_bytes); }

  // Takes more bytes. What follows the end is ignored.
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
  size_t left_;  // Of the chunk, or of the whole body.
  size_t max_bytes_;
  size_t framed_ = 0;  // Bytes of frames and trailers.
  size_t digits_ = 0;  // Of the size.
  bool line_empty_ = true;
  std::string content_;
};

}  // namespace seedance::server

#endif  // SEEDANCE_SERVICE_SERVER_ADMIN_REQUEST_H_
