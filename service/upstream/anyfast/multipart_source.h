#ifndef SEEDANCE_SERVICE_UPSTREAM_ANYFAST_MULTIPART_SOURCE_H_
#define SEEDANCE_SERVICE_UPSTREAM_ANYFAST_MULTIPART_SOURCE_H_

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/http/http_transport.h"

namespace seedance::upstream {

// A multipart/form-data body: text fields, then one file whose bytes pass through as they arrive. For one thread,
// except finished().
//
// Tests: tests/unit/upstream/anyfast/uploads_test.cc
class MultipartSource : public http::ByteSource {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  // `boundary` must not occur in the file. `file` must outlive this object.
  MultipartSource(const std::string& boundary, const Fields& fields, const std::string& file_name,
                  http::ByteSource& file);

  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override;

  // Value of the Content-Type header.
  std::string content_type() const { return "multipart/form-data; boundary=" + boundary_; }
  // Whether the last byte was handed over. Before that the peer cannot have a complete body. Thread-safe.
  bool finished() const { return finished_; }

 private:
  enum class Part { kPreamble, kFile, kEpilogue, kEnd };

  const std::string boundary_;
  std::string preamble_;
  std::string epilogue_;
  http::ByteSource& file_;
  Part part_ = Part::kPreamble;
  std::atomic<bool> finished_ = false;
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_ANYFAST_MULTIPART_SOURCE_H_
