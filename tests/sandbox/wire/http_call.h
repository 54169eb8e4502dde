#ifndef SEEDANCE_TESTS_SANDBOX_WIRE_HTTP_CALL_H_
#define SEEDANCE_TESTS_SANDBOX_WIRE_HTTP_CALL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/sandbox/world/json.h"

namespace httplib {
struct Request;
class ContentReader;
}  // namespace httplib

namespace seedance::sandbox {

// What is kept of a file part: everything but the bytes.
struct UploadedFile {
  std::string filename;
  std::string content_type;
  int64_t size = 0;
  std::string sha256;
  std::string head;  // At most the first 64 bytes.
};

// A request, its body already read.
struct ApiCall {
  std::string method;
  std::string path;
  std::multimap<std::string, std::string> query;
  std::string host;                           // `Host` header.
  std::string authorization;                  // `Authorization` header.
  std::string api_key;                        // `X-API-Key` header.
  std::string user_agent;                     // `User-Agent` header.
  std::string range;                          // `Range` header.
  std::string body;                           // Empty for multipart.
  std::map<std::string, std::string> fields;  // Of multipart: every part but `file`.
  std::optional<UploadedFile> file;           // Of multipart: the part named `file`.
  bool multipart = false;
  int64_t size = 0;    // Bytes of the body; for multipart of the file.
  std::string sha256;  // Of the same bytes; empty without a body.

  // First value in the query; empty when there is none.
  std::string Query(const std::string& name) const;
  // The same as a positive number; `otherwise` when it is none.
  int64_t QueryNumber(const std::string& name, int64_t otherwise) const;
};

struct ApiReply {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
};

ApiReply JsonReply(int status, const Json& body);

// The call in `request`; `reader` (may be null) gives its body. Multipart files are hashed as they arrive and not kept.
// Nothing when the body broke off or is over 96 MB (multipart: a field over 1 MB).
std::optional<ApiCall> ReadCall(const httplib::Request& request, const httplib::ContentReader* reader);

}  // namespace seedance::sandbox

#endif  // SEEDANCE_TESTS_SANDBOX_WIRE_HTTP_CALL_H_
