#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_BASE64_SOURCE_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_BASE64_SOURCE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "service/http/http_transport.h"

namespace seedance::upstream {

// The body `{"file_name":"...","file_data":"<Base64>"}` of a file whose bytes are encoded as they arrive: at most one
// piece of the file is in memory. For one thread.
//
// Tests: tests/unit/upstream/piapi/staging_test.cc
class Base64Source : public http::ByteSource {
 public:
  // `file` must outlive this object. A name of more than 128 characters is shortened before its suffix.
  Base64Source(const std::string& file_name, http::ByteSource& file);

  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override;

  // The error with which the file ended; OK if none.
  const absl::Status& file_status() const { return file_status_; }

 private:
  enum class Part { kPreamble, kFile, kEpilogue, kEnd };

  absl::StatusOr<std::string> NextOfFile();

  const std::string preamble_;
  http::ByteSource& file_;
  Part part_ = Part::kPreamble;
  std::string left_;  // Read but not encoded yet.
  absl::Status file_status_;
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_BASE64_SOURCE_H_
