#ifndef SEEDANCE_SERVICE_UPSTREAM_PIAPI_BASE64_SOURCE_H_
#define SEEDANCE_SERVICE_UPSTREAM_PIAPI_BASE64_SOURCE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "service/http/http_transport.h"

namespace seedance::upstream {

// `{"file_name":"...","file_data":"<Base64>"}` of a file whose bytes are encoded as they come: never more than one
// piece of the file is in memory.
class Base64Source : public http::ByteSource {
 public:
  // `file` must outlive this. A name of more than 128 characters is cut before its suffix.
  Base64Source(const std::string& file_name, http::ByteSource& file);

  absl::StatusOr<std::string> Next() override;
  std::optional<int64_t> Size() const override;

  // Why the file broke off; OK as long as it did not.
  const absl::Status& file_status() const { return file_status_; }

 private:
  enum class Part { kPreamble, kFile, kEpilogue, kEnd };

  absl::StatusOr<std::string> NextOfFile();

  const std::string preamble_;
  http::ByteSource& file_;
  Part part_ = Part::kPreamble;
  std::string left_;  // Bytes of the file that are read but not encoded.
  absl::Status file_status_;
};

}  // namespace seedance::upstream

#endif  // SEEDANCE_SERVICE_UPSTREAM_PIAPI_BASE64_SOURCE_H_
