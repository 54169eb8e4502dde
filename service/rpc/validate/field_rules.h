#ifndef SEEDANCE_SERVICE_RPC_VALIDATE_FIELD_RULES_H_
#define SEEDANCE_SERVICE_RPC_VALIDATE_FIELD_RULES_H_

#include <google/protobuf/field_mask.pb.h>
#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "service/base/error.h"
#include "service/model/names.h"
#include "service/model/page.h"

namespace seedance::rpc {

// Collects every rule that a request breaks. The methods check one field each, report under its path, and return what
// the field means where it means something else than it says. Rules that depend on a vendor are the engine's.
class FieldRules {
 public:
  void Add(std::string_view field, std::string_view rule);

  // 1 to `most` code points of UTF-8 without control characters.
  void Name(std::string_view field, const std::string& text, size_t most);

  // 0 to `most` code points of UTF-8; line feeds, carriage returns and tabs are the only control characters.
  void Text(std::string_view field, const std::string& text, size_t most);

  // Empty or a UUID.
  void RequestId(std::string_view field, const std::string& id);

  // Empty or of the form of an upstream's name.
  void Upstream(std::string_view field, const std::string& name);

  // https URL of at most 2048 bytes without a user name.
  void HttpsUrl(std::string_view field, const std::string& url);

  // https URL, data URI with Base64, or bare Base64; the latter two of at most 3 MiB of data.
  void MediaUri(std::string_view field, const std::string& uri);

  // Keys and values of a task's labels, at most `most`.
  void Labels(std::string_view field, const std::map<std::string, std::string>& labels, size_t most);

  // 0 to 1000 and above, which counts as 1000; 0 counts as 50.
  int PageSize(int32_t page_size);

  // Where the list goes on. `filter`: FilterOf the request.
  model::PageCursor PageToken(const std::string& token, const std::string& filter);

  // At most 256 characters of those that engine::ResumeTokens uses: the token goes into the trailers of a drained
  // stream, and gRPC aborts the process on metadata with other bytes.
  void ResumeToken(const std::string& token);

  // The paths of the mask, each one of `known`.
  std::set<std::string> UpdateMask(const google::protobuf::FieldMask& mask, const std::set<std::string>& known);

  // Resource names. An empty handle or id comes back when the name is no such name.
  model::UpstreamHandle GroupName(std::string_view field, const std::string& name);
  model::UpstreamHandle AssetName(std::string_view field, const std::string& name);
  std::string TaskId(std::string_view field, const std::string& name);

  // proto3 enums are open: `valid` is Enum_IsValid(value).
  void Enum(std::string_view field, bool valid, int value);

  bool ok() const { return violations_.empty(); }
  // OK, or INVALID_ARGUMENT with every violation.
  absl::Status ToStatus() const;
  std::vector<base::FieldViolation> Take() { return std::move(violations_); }

 private:
  std::vector<base::FieldViolation> violations_;
};

// Text that two list requests share exactly if they differ in nothing but page size and token: pass a copy with these
// two cleared.
std::string FilterOf(const google::protobuf::MessageLite& request);

}  // namespace seedance::rpc

#endif  // SEEDANCE_SERVICE_RPC_VALIDATE_FIELD_RULES_H_
