#include "client/cpp/ctl/error_text.h"

#include "absl/strings/str_cat.h"
#include "client/cpp/ctl/format.h"
#include "client/cpp/ctl/text_width.h"
#include "client/cpp/error.h"

namespace seedance::client::ctl {
namespace {

std::string Metadata(const ErrorDetails& details, const std::string& key) {
  const auto found = details.metadata.find(key);
  return found == details.metadata.end() ? "" : OneLine(found->second);
}

std::string Vendor(const ErrorDetails& details) {
  const std::string code = Metadata(details, "upstream_code");
  const std::string message = Metadata(details, "upstream_message");
  return code.empty() || message.empty() ? code + message : absl::StrCat(code, ": ", message);
}

}  // namespace

std::string FormatError(const std::string& what, const absl::Status& status) {
  const ErrorDetails details = DecodeError(status);
  const std::string reason = details.reason.empty() ? absl::StatusCodeToString(status.code()) : details.reason;
  std::string text =
      absl::StrCat("error: ", what, ": ", OneLine(std::string(status.message())), " [", OneLine(reason), "]\n");
  for (const FieldViolation& violation : details.violations) {
    absl::StrAppend(&text, "  ", OneLine(violation.field), ": ", OneLine(violation.description), "\n");
  }
  if (const std::string vendor = Vendor(details); !vendor.empty()) absl::StrAppend(&text, "  vendor: ", vendor, "\n");
  if (!details.quota_subject.empty()) {
    absl::StrAppend(&text, "  limit: ", OneLine(details.quota_subject), " ", OneLine(details.quota_description), "\n");
  }
  if (!details.resource_name.empty()) absl::StrAppend(&text, "  resource: ", OneLine(details.resource_name), "\n");
  if (details.retry_delay.has_value()) {
    absl::StrAppend(&text, "  try again in ", FormatSpan(*details.retry_delay), "\n");
  }
  return text;
}

}  // namespace seedance::client::ctl
