#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_REQUEST_RULES_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_REQUEST_RULES_H_

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message_lite.h>
#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "service/base/error.h"
#include "service/model/names.h"
#include "service/model/page.h"

namespace seedance::rpc {

// Collects every rule that a request breaks. Each method checks one field and reports under its path; some return the
// parsed value. Rules that depend on a vendor are checked by the engine. For one thread.
//
// Tests: tests/unit/rpc/validate/validate_test.cc
class RequestRules {
 public:
  // Reports that `field` breaks `rule`.
  void Add(std::string_view field, std::string_view rule);

  // 1 to `most` code points of UTF-8 without control characters.
  void Name(std::string_view field, const std::string& text, size_t most);

  // 0 to `most` code points of UTF-8; no control characters except line feeds, carriage returns and tabs.
  void Text(std::string_view field, const std::string& text, size_t most);

  // Empty, or a UUID.
  void RequestId(std::string_view field, const std::string& id);

  // Empty, or a valid name of an upstream.
  void Upstream(std::string_view field, const std::string& name);

  // An https URL of at most 2048 bytes without user information.
  void HttpsUrl(std::string_view field, const std::string& url);

  // An https URL, a data URI with Base64, or bare Base64; the latter two with at most 3 MiB of data.
  void MediaUri(std::string_view field, const std::string& uri);

  // Keys and values of labels of a task; at most `most` labels.
  void Labels(std::string_view field, const std::map<std::string, std::string>& labels, size_t most);

  // A time from the year 1 to 9999, with 0 to 999,999,999 nanoseconds; the epoch for any other.
  absl::Time Time(std::string_view field, const google::protobuf::Timestamp& time);

  // Page size: 0 becomes 50, more than 1000 becomes 1000, negative values are reported.
  int PageSize(int32_t page_size);

  // Parses a page token. `filter`: FilterOf the request.
  model::PageCursor PageToken(const std::string& token, const std::string& filter);

  // At most 256 characters of the alphabet of engine::ResumeTokens. The token is sent in the trailers of drained
  // streams, and gRPC aborts the process on metadata with other bytes.
  void ResumeToken(const std::string& token);

  // The paths of the mask; each must be in `known`.
  std::set<std::string> UpdateMask(const google::protobuf::FieldMask& mask, const std::set<std::string>& known);

  // Parse resource names. An invalid name is reported and gives an empty handle or id.
  model::UpstreamHandle GroupName(std::string_view field, const std::string& name);
  model::UpstreamHandle AssetName(std::string_view field, const std::string& name);
  std::string TaskId(std::string_view field, const std::string& name);

  // An enumeration value; `valid` is Enum_IsValid(value), because proto3 enumerations are open.
  void Enum(std::string_view field, bool valid, int value);

  // Whether no rule is broken so far.
  bool ok() const { return violations_.empty(); }
  // OK, or INVALID_ARGUMENT with every violation.
  absl::Status ToStatus() const;
  std::vector<base::FieldViolation> Take() { return std::move(violations_); }

 private:
  std::vector<base::FieldViolation> violations_;
};

// Text that is equal for two list requests exactly if they differ only in page size and token: pass a copy without
// these two.
std::string FilterOf(const google::protobuf::MessageLite& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_REQUEST_RULES_H_
